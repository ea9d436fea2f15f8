from dataclasses import replace

import numpy as np
import pytest

from pipelines.appearance_expert.wan.backend import Wan
from pipelines.appearance_expert.wan.config import WanConfig
from pipelines.appearance_expert.wan.forecast import computed_steps, forecasting
from pipelines.appearance_expert.wan.loading import load_wan
from pipelines.appearance_expert.wan.weights import find_wan
from pipelines.support.errors import BadUsage
from pipelines.support.progress import Silent

torch = pytest.importorskip("torch")


def test_beginning_and_end_are_computed_and_every_other_step_between():
    plan = computed_steps(20, True)
    assert plan == [True] * 6 + [False, True] * 6 + [True] * 2
    assert sum(plan) == 14
    assert computed_steps(20, False) == [True] * 20


class Line(torch.nn.Module):
    """A network whose answer is a straight line over the noise level."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def forward(self, timestep, return_dict):
        self.asked.append(float(timestep[0]))
        return (torch.stack([3 * timestep[0] + 1, -timestep[0]]),)


def test_straight_lines_are_forecast_exactly_and_not_asked_for():
    network, times = Line(), [999.0, 990.0, 950.0, 900.0, 700.0, 100.0]
    plan = [True, True, False, True, False, True]
    with forecasting(network, plan):
        answers = [network(timestep=torch.tensor([t]), return_dict=False)[0] for t in times]
    for time, answer in zip(times, answers, strict=True):
        assert torch.allclose(answer, torch.tensor([3 * time + 1, -time]), rtol=1e-5)
    assert network.asked == [t for t, ask in zip(times, plan, strict=True) if ask]
    assert "forward" not in vars(network)


def test_what_others_hung_before_the_network_stays_there():
    network = Line()
    hooked = network.forward
    network.forward = lambda **named: hooked(**named)
    mine = network.forward
    with forecasting(network, [True, True, False]):
        for time in (3.0, 2.0, 1.0):
            network(timestep=torch.tensor([time]), return_dict=False)
    assert network.forward is mine
    assert network.asked == [3.0, 2.0]


def test_the_video_stays_close_and_every_segment_starts_anew(tiny_wan, portrait, swaying):
    config = WanConfig(wan_sampling_steps=12, segment_frames=17, overlap=1)
    weights = find_wan(str(tiny_wan))
    loaded = load_wan(weights, "cpu", config.prompt, config.overlay, None, Silent())
    dance = swaying(18)

    def video(**changes):
        backend = Wan(weights, loaded, replace(config, **changes))
        return np.array(list(backend.frames(portrait, dance, 0))).astype(int)

    computed = video()
    error = np.abs(video(forecast=True) - computed).mean()
    assert 0 < error < 6


def test_few_steps_leave_nothing_to_forecast():
    with pytest.raises(BadUsage, match="--forecast"):
        WanConfig(wan_sampling_steps=6, forecast=True).validate()
