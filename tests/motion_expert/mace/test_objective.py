"""Guidance-free training: who gets gradients, what equals what, and the loss terms in metres."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.motion.representation import Normalizer
from pipelines.motion_expert.mace.diffusion import STEPS, add_noise, alphas_cumulative
from pipelines.motion_expert.mace.network import MotionExpert
from pipelines.motion_expert.mace.objective import Objective, ObjectiveConfig
from pipelines.motion_expert.mace.precondition import Precondition
from pipelines.motion_expert.mace.presets import MotionExpertConfig
from pipelines.support.errors import BadUsage

CPU = torch.device("cpu")
NETWORK = MotionExpertConfig(
    width=8, heads=2, feedforward=8, dropout=0.0, dance_blocks=1, music_blocks=1, state=2
)
RANGES = np.concatenate([np.ones(4), np.full(3, 2.0), np.full(144, 2.0)]).astype(np.float32)
NORMALIZER = Normalizer(np.where(RANGES == 1, 0, -1).astype(np.float32), 2 / RANGES)
"""Contacts 0 ... 1 and everything else -1 ... 1: normalised values of poses are the poses."""


def rest_batch(size=4, frames=6):
    """Normalised motion of a body at rest that touches the floor: 6D identity, contacts +1."""
    x = torch.zeros(size, frames, 151)
    x[..., :4] = 1
    x[..., 7:] = torch.tensor([1.0, 0, 0, 0, 1, 0]).repeat(24)
    make = torch.Generator().manual_seed(5)
    return {
        "x_BTK": x,
        "music_BTF": torch.randn(size, frames, 35, generator=make),
        "genre_B": torch.arange(size) % 16,
    }


class Spy(torch.nn.Module):
    """Answers with what it is told to; writes down how it was called."""

    def __init__(self, answer):
        super().__init__()
        self.answer, self.calls = answer, []
        self.weight = torch.nn.Parameter(torch.zeros(2))

    def forward(self, x, step, music, beta, genre, keep):
        self.calls.append(
            {"x": x, "step": step, "beta": beta, "keep": keep, "training": self.training,
             "recording": torch.is_grad_enabled()}
        )  # fmt: skip
        conditional = keep[:, None, None]
        return self.answer[: len(x)] + torch.where(conditional, self.weight[0], self.weight[1])


def objective(**changes):
    return Objective(replace(ObjectiveConfig(), **changes), NORMALIZER, CPU)


def run(config, answer=None, size=64, seed=0):
    batch = rest_batch(size)
    spy = Spy(batch["x_BTK"] if answer is None else answer)
    loss, parts = objective(**config).loss(spy, batch, torch.Generator().manual_seed(seed))
    return spy, loss, parts


def test_a_perfect_answer_costs_nothing():
    for config in ({}, {"kind": "official"}, {"guidance": "cfg"}):
        _, loss, parts = run(config)
        assert float(loss.detach()) < 1e-9
        assert set(parts) == {"reconstruction", "velocity", "joints", "foot"}


def test_the_calls_of_the_paper():
    spy, _, _ = run({"drop": 0.3})
    conditional, anchor = spy.calls
    dropped = ~conditional["keep"]
    assert 5 < int(dropped.sum()) < 40
    assert (conditional["beta"][dropped] == 1).all()
    kept = conditional["beta"][~dropped]
    assert kept.min() < 0.2
    assert kept.max() > 0.8
    # The anchor: no condition, beta 1, the same noise and step, no gradient, no dropout.
    assert not anchor["keep"].any()
    assert (anchor["beta"] == 1).all()
    assert torch.equal(anchor["x"], conditional["x"])
    assert torch.equal(anchor["step"], conditional["step"])
    assert (conditional["recording"], anchor["recording"]) == (True, False)
    assert (conditional["training"], anchor["training"]) == (True, False)
    assert spy.training


def test_the_calls_of_the_published_code():
    spy, _, _ = run({"kind": "official", "drop": 0.3})
    conditional, anchor = spy.calls
    assert conditional["keep"].all()
    assert torch.equal(anchor["beta"], conditional["beta"])
    assert (anchor["training"], anchor["recording"]) == (True, False)


def test_plain_condition_dropping_needs_no_anchor():
    spy, _, _ = run({"guidance": "cfg", "drop": 0.25})
    (call,) = spy.calls
    assert 0 < int((~call["keep"]).sum()) < 40
    assert (call["beta"] == 1).all()


def test_the_unconditional_branch_learns_in_the_paper_only():
    for config, learns in (
        ({"drop": 0.3}, True),
        ({"kind": "official"}, False),
        ({"guidance": "cfg", "kind": "official", "drop": 0.3}, True),
    ):
        answer = rest_batch(64)["x_BTK"] + 0.1
        spy, loss, _ = run(config, answer)
        loss.backward()
        assert spy.weight.grad[0].abs() > 0
        assert bool(spy.weight.grad[1].abs() > 0) is learns


def test_the_null_vector_of_the_network_gets_a_gradient_but_in_the_published_code():
    grads = {}
    for kind in ("balanced", "paper", "official"):
        torch.manual_seed(0)
        model = MotionExpert(NETWORK)
        loss, _ = objective(kind=kind, drop=0.4).loss(
            model, rest_batch(16), torch.Generator().manual_seed(1)
        )
        loss.backward()
        gradient = model.null_music.grad
        grads[kind] = 0.0 if gradient is None else float(gradient.abs().sum())
    assert grads["paper"] > 0 and grads["balanced"] > 0
    assert grads["official"] == 0


def test_the_gradient_of_a_kept_sample_is_scaled_by_beta():
    """d/dx of |beta x + (1 - beta) anchor - y|^2: beta times the residual; the anchor is fixed."""
    reconstruction_only = {"velocity": 0.0, "joints": 0.0, "foot": 0.0, "drop": 0.0}
    batch = rest_batch(32)
    spy = Spy(batch["x_BTK"])
    with torch.no_grad():
        spy.weight.copy_(torch.tensor([0.5, -0.25]))
    loss, _ = objective(**reconstruction_only).loss(spy, batch, torch.Generator().manual_seed(3))
    loss.backward()
    beta = spy.calls[0]["beta"]
    residual = beta * 0.5 - (1 - beta) * 0.25
    assert float(loss.detach()) == pytest.approx(0.636 * float(residual.square().mean()), rel=1e-5)
    expected = 0.636 * 2 * (beta * residual).mean()
    assert float(spy.weight.grad[0]) == pytest.approx(float(expected), rel=1e-5)
    assert spy.weight.grad[1] == 0


def test_beta_one_is_the_plain_conditional_loss(monkeypatch):
    torch.manual_seed(0)
    model = MotionExpert(NETWORK)
    batch = rest_batch(8)
    rand = torch.rand

    def no_mixing(size, **how):
        return torch.ones_like(rand(size, **how))

    monkeypatch.setattr(torch, "rand", no_mixing)
    free, _ = objective(drop=0.0).loss(model, batch, torch.Generator().manual_seed(2))
    plain, _ = objective(drop=0.0, guidance="cfg").loss(
        model, batch, torch.Generator().manual_seed(2)
    )
    assert torch.allclose(free, plain, rtol=1e-6)


def test_windows_at_beta_one_need_no_unconditional_pass():
    spy, *_ = run({"beta_one": 1.0, "drop": 0.0})
    assert len(spy.calls) == 1
    assert (spy.calls[0]["beta"] == 1).all()
    spy, *_ = run({"beta_one": 0.5, "drop": 0.0}, size=200)
    conditional, anchor = spy.calls
    share = float((conditional["beta"] == 1).float().mean())
    assert share == pytest.approx(0.5, abs=0.12)
    assert torch.equal(anchor["x"], conditional["x"][conditional["beta"] < 1])


def test_only_the_windows_below_beta_one_are_mixed_with_the_anchor():
    """The answer is 1 with music and 0 without, the truth 0: the error is the mean of beta²."""
    spy, _, parts = run({"beta_one": 0.5, "drop": 0.0, "kind": "paper"}, size=32)
    assert parts["reconstruction"] == pytest.approx(0, abs=1e-9)
    batch = rest_batch(32)
    spy = Spy(batch["x_BTK"])
    spy.weight.data[0] = 1.0
    made = objective(beta_one=0.5, drop=0.0, kind="paper")
    _, parts = made.loss(spy, batch, torch.Generator().manual_seed(0))
    expected = spy.calls[0]["beta"].square().mean()
    assert parts["reconstruction"] == pytest.approx(float(expected), rel=1e-5)


def test_noise_and_steps_are_those_of_the_schedule():
    spy, _, _ = run({}, size=4000)
    call, clean = spy.calls[0], rest_batch(4000)["x_BTK"]
    assert (call["step"].min(), call["step"].max()) == (0, STEPS - 1)
    alphas = torch.as_tensor(alphas_cumulative(), dtype=torch.float32)
    noise = call["x"] - add_noise(clean, torch.zeros_like(clean), call["step"], alphas)
    spread = noise.std((1, 2)) / (1 - alphas[call["step"]]).sqrt()
    assert float(spread.mean()) == pytest.approx(1, abs=0.01)


def test_losses_are_in_metres():
    """A body 1 cm per frame too fast along x, planted: closed forms of all four terms."""
    batch = rest_batch(2, 6)
    answer = batch["x_BTK"].clone()
    offset = 0.01 * torch.arange(6.0)
    answer[..., 4] += offset  # this normaliser keeps metres
    _, _, parts = run({"guidance": "cfg", "drop": 0.0}, answer, size=2)
    assert parts["reconstruction"] == pytest.approx(float((offset**2).mean()) / 151, rel=1e-4)
    assert parts["joints"] == pytest.approx(float((offset**2).mean()) / 3, rel=1e-4)
    # 1 cm per frame is 0.3 m/s: 2.5 cm in the 1/12 s over which velocities are measured
    assert parts["velocity"] == pytest.approx(0.025**2 / 3, rel=1e-3)
    assert parts["foot"] == pytest.approx(0.025**2 / 3, rel=1e-3)
    _, _, per_frame = run(
        {"guidance": "cfg", "drop": 0.0, "velocity_seconds": 1 / 30}, answer, size=2
    )
    assert per_frame["velocity"] == pytest.approx(0.01**2 / 3, rel=1e-3)


def test_the_normaliser_is_undone_before_the_kinematics():
    """Twice the range, half the normalised value: the same metres."""
    batch = rest_batch(2, 6)
    wide = Normalizer(NORMALIZER.low.copy(), NORMALIZER.scale.copy())
    wide.low[4:7], wide.scale[4:7] = -4.0, 0.25
    answer = batch["x_BTK"].clone()
    answer[..., 4] += 0.01 * torch.arange(6.0) / 4
    spy = Spy(answer)
    config = ObjectiveConfig(guidance="cfg", drop=0.0)
    _, parts = Objective(config, wide, CPU).loss(spy, batch, torch.Generator().manual_seed(0))
    assert parts["velocity"] == pytest.approx(0.025**2 / 3, rel=1e-3)


@pytest.mark.parametrize(
    ("kind", "contact", "counts"),
    [("balanced", 0.49, False), ("balanced", 0.51, True), ("paper", 0.49, False),
     ("paper", 0.51, True), ("official", 0.97, False), ("official", 0.98, True)],
)  # fmt: skip
def test_only_feet_that_the_answer_calls_planted_must_stand(kind, contact, counts):
    """Thresholds on the raw label: 0.5 in the paper; 0.95 normalised, 0.975 raw, in the code."""
    answer = rest_batch(2)["x_BTK"].clone()
    answer[..., :4] = 2 * contact - 1
    answer[..., 4] += 0.02 * torch.arange(6.0)
    _, _, parts = run({"guidance": "cfg", "drop": 0.0, "kind": kind}, answer, size=2)
    assert (parts["foot"] > 0) is counts


def test_a_foot_that_slides_as_the_dancer_s_did_costs_nothing_but_in_the_paper():
    batch = rest_batch(2)
    batch["x_BTK"][..., 4] += 0.01 * torch.arange(6.0)
    spy = Spy(batch["x_BTK"].clone())
    foot = {}
    for kind in ("balanced", "paper"):
        loss = objective(guidance="cfg", drop=0.0, kind=kind).loss
        foot[kind] = loss(spy, batch, torch.Generator().manual_seed(0))[1]["foot"]
    assert foot["balanced"] < 1e-12
    # The paper's term is how far planted feet move from one frame to the next.
    assert foot["paper"] == pytest.approx(0.01**2 / 3, rel=1e-3)


def test_errors_count_in_units_of_the_linear_guess_s():
    """The same error at every step: its weight is the ratio of the expected ones, up to a cap."""
    precondition = Precondition(151)
    batch = rest_batch(64)
    spy = Spy(batch["x_BTK"] + 0.1)
    config = ObjectiveConfig(guidance="cfg", drop=0.0, emphasis=5.0)
    loss = Objective(config, NORMALIZER, CPU, precondition).loss
    _, parts = loss(spy, batch, torch.Generator().manual_seed(0))
    alphas = torch.as_tensor(alphas_cumulative(), dtype=torch.float32)
    # Of white motion of unit strength the best guess misses 1 - alpha.
    weight = (1 - alphas[STEPS // 2]) / (1 - alphas[spy.calls[0]["step"]])
    assert weight.max() > 5
    expected = 0.01 * float(weight.clamp(max=5).mean())
    assert parts["reconstruction"] == pytest.approx(expected, rel=1e-3)


def test_official_losses_stay_in_normalised_space():
    wide = Normalizer(NORMALIZER.low * 10, NORMALIZER.scale / 10)
    answer = rest_batch(2)["x_BTK"].clone()
    answer[..., 4] += 0.02 * torch.arange(6.0)
    config = ObjectiveConfig(kind="official", drop=0.0)
    parts = []
    for normalizer in (NORMALIZER, wide):
        loss = Objective(config, normalizer, CPU).loss
        parts.append(loss(Spy(answer), rest_batch(2), torch.Generator().manual_seed(0))[1])
    assert parts[0] == parts[1]
    # first differences of the 147 normalised columns without the contacts
    assert parts[0]["velocity"] == pytest.approx(0.02**2 / 147, rel=1e-3)


def test_published_weights():
    config = ObjectiveConfig()
    weights = (config.reconstruction, config.velocity, config.joints, config.foot)
    assert weights == (0.636, 2.964, 0.646, 10.942)
    answer = rest_batch(2)["x_BTK"] + 0.05 * torch.randn(2, 6, 151)
    _, loss, parts = run({}, answer, size=2)
    total = sum(parts[name] * getattr(config, name) for name in parts)
    assert float(loss.detach()) == pytest.approx(total, rel=1e-5)


def test_the_seed_decides():
    answer = rest_batch(8)["x_BTK"] + 0.1
    first, again, other = (run({}, answer, 8, seed)[0].calls[0] for seed in (4, 4, 5))
    for name in ("x", "step", "beta"):
        assert torch.equal(first[name], again[name])
        assert not torch.equal(first[name], other[name])


@pytest.mark.parametrize(
    "change", [{"drop": 1.0}, {"drop": -0.1}, {"velocity_seconds": 0.0}, {"emphasis": 0.5}]
)
def test_out_of_range(change):
    with pytest.raises(BadUsage):
        replace(ObjectiveConfig(), **change).validate()
