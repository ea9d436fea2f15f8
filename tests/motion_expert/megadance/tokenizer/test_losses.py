"""The losses in closed form, and what the switches leave out."""

import numpy as np
import pytest
import torch

from pipelines.motion.representation import encode
from pipelines.motion_expert.megadance.tokenizer.losses import (
    TokenizerLosses,
    distance,
    liveliness,
    reconstruction,
    tokenizer_loss,
)
from pipelines.motion_expert.megadance.tokenizer.network import Rebuilt


@pytest.fixture
def encoded(dances):
    return torch.from_numpy(np.stack([encode(dances(seed=n).motion) for n in (0, 1)]))


def perfect(tokenizer, x):
    up, down = tokenizer.normalised(x)
    return Rebuilt(up, down, torch.zeros(()), torch.zeros(2, 12, 2, 5))


def test_distance_of_a_ramp_is_its_closed_form():
    ramp = torch.arange(5.0)[None, :, None]  # place 2 on average, speed 1, no acceleration
    assert distance(ramp, 0 * ramp, TokenizerLosses()) == pytest.approx(2 + 0.5)
    bend = ramp.square()  # 6 on average, speeds 1 3 5 7, acceleration 2
    assert distance(bend, 0 * bend, TokenizerLosses()) == pytest.approx(6 + 0.5 * 4 + 0.25 * 2)
    assert distance(bend, 0 * bend, TokenizerLosses(dynamic=False)) == pytest.approx(6)


def test_what_is_perfect_costs_nothing(tokenizer, encoded):
    parts = tokenizer_loss(tokenizer, encoded, perfect(tokenizer, encoded), TokenizerLosses())
    assert parts.keys() == {"up", "down", "joints", "drift"}
    assert all(float(value) == pytest.approx(0, abs=1e-5) for value in parts.values())


def test_switches_leave_parts_out(tokenizer, encoded):
    losses = TokenizerLosses(kinematic=False, drift=0)
    parts = tokenizer_loss(tokenizer, encoded, perfect(tokenizer, encoded), losses)
    assert parts.keys() == {"up", "down"}


def test_drift_is_what_a_speed_that_is_off_adds_up_to(tokenizer, encoded):
    off = perfect(tokenizer, encoded)
    off.down[..., 0] += 0.01  # metres a frame: scaling is 1
    parts = tokenizer_loss(tokenizer, encoded, off, TokenizerLosses(drift=1))
    frames = torch.arange(96.0)
    assert float(parts["drift"]) == pytest.approx(float(0.01 * frames.mean()) / 3, rel=1e-3)


def test_the_report_of_the_network(tokenizer, encoded):
    figures = {name: float(value) for name, value in reconstruction(tokenizer, encoded).items()}
    assert figures.keys() == {"smpl_mse", "smpl_mae", "joint_mse", "joint_mae", "drift"}
    assert all(value > 0 for value in figures.values())
    assert figures["smpl_mae"] ** 2 < figures["smpl_mse"]


def swing(metres, frames=96):
    """One joint to and fro, ten times in 96 frames."""
    x = torch.zeros(1, frames, 1, 3)
    x[0, :, 0, 0] = metres * torch.sin(torch.arange(frames) * (2 * torch.pi * 10 / 96))
    return x


def test_liveliness_is_the_logarithm_of_speed_and_blind_to_when():
    one, twice = liveliness(swing(1.0)), liveliness(swing(2.0))
    assert len(one) == 6  # speeds and accelerations over three spans
    for slow, fast in zip(one, twice, strict=True):
        assert float((fast - slow).mean()) == pytest.approx(np.log(2), abs=0.02)
    # Over 16 frames, more than a whole swing, a swing that comes later is as lively.
    there, later = liveliness(swing(1.0))[2], liveliness(swing(1.0).roll(5, dims=1))[2]
    assert float((there - later)[..., 2:-2].abs().max()) < 0.1
    still = liveliness(swing(0.0))
    assert float(still[0].max()) == pytest.approx(np.log(0.3), abs=1e-4)


def test_the_speed_loss_wants_movement_where_the_others_want_the_middle(tokenizer, encoded):
    losses = TokenizerLosses(speed=0.5)
    parts = tokenizer_loss(tokenizer, encoded, perfect(tokenizer, encoded), losses)
    assert float(parts["speed"]) == pytest.approx(0, abs=1e-4)
    still = perfect(tokenizer, encoded)
    for half in (still.up, still.down):
        half[:] = half.mean(dim=1, keepdim=True)
    assert float(tokenizer_loss(tokenizer, encoded, still, losses)["speed"]) > 0.1
