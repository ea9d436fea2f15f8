"""The linear guess: its spectrum, that it is the Wiener filter, and what it leaves to learn."""

import pytest
import torch

from pipelines.motion_expert.mace.diffusion import add_noise, alphas_cumulative
from pipelines.motion_expert.mace.precondition import Precondition

ALPHAS = torch.as_tensor(alphas_cumulative(), dtype=torch.float32)


def smooth_motion(windows=400, frames=60, columns=3, seed=0):
    """Noise of a short memory: strong at low frequencies, a mean and a strength per column."""
    make = torch.Generator().manual_seed(seed)
    noise = torch.randn(windows, frames + 100, columns, generator=make)
    out, state = [], torch.zeros(windows, columns)
    for t in range(frames + 100):
        state = 0.9 * state + (1 - 0.81) ** 0.5 * noise[:, t]
        out.append(state)
    series = torch.stack(out, 1)[:, 100:]
    return series * torch.tensor([0.1, 0.2, 0.3]) + torch.tensor([0.2, -0.1, 0.0])


@pytest.fixture(scope="module")
def fitted():
    precondition = Precondition(3)
    precondition.fit(smooth_motion())
    return precondition


def test_fits_mean_and_power(fitted):
    assert torch.allclose(fitted.mean_K, torch.tensor([0.2, -0.1, 0.0]), atol=0.02)
    power = fitted.spectrum_FK.mean(0).sqrt()
    assert torch.allclose(power, torch.tensor([0.1, 0.2, 0.3]), rtol=0.15)
    assert (fitted.spectrum_FK[5] > 20 * fitted.spectrum_FK[-1]).all()


def test_white_noise_has_a_flat_spectrum():
    precondition = Precondition(2)
    make = torch.Generator().manual_seed(0)
    precondition.fit(0.3 * torch.randn(3000, 50, 2, generator=make))
    # Not the very last: a signal and its mirror image have nothing at half a cycle per frame.
    assert torch.allclose(precondition.spectrum_FK[:-4], torch.tensor(0.09), rtol=0.2)


@pytest.mark.parametrize("step", [100, 500, 900])
def test_the_guess_is_closer_than_the_scaled_input_and_than_the_mean(fitted, step):
    clean = smooth_motion(seed=5)
    steps = torch.full((len(clean),), step)
    make = torch.Generator().manual_seed(1)
    noisy = add_noise(clean, torch.randn(clean.shape, generator=make), steps, ALPHAS)
    guess = fitted.guess(noisy, steps).completed(torch.zeros_like(noisy))

    def error(candidate):
        return float((candidate - clean).square().mean())

    assert error(guess) < error(fitted.mean_K.expand_as(clean))
    variance = clean.var((0, 1))
    per_frame = ALPHAS[step].sqrt() * variance / (ALPHAS[step] * variance + 1 - ALPHAS[step])
    centred = noisy - ALPHAS[step].sqrt() * fitted.mean_K
    assert error(guess) < error(fitted.mean_K + per_frame * centred)


def test_without_noise_the_guess_is_the_input(fitted):
    clean = smooth_motion(4, seed=2)
    steps = torch.zeros(4, dtype=torch.long)
    noisy = ALPHAS[0].sqrt() * clean
    guess = fitted.guess(noisy, steps).completed(torch.zeros_like(clean))
    assert float((guess - clean).abs().max()) < 0.02


def test_all_noise_gives_the_mean_and_answers_the_strength_of_motion(fitted):
    steps = torch.full((300,), 999)
    make = torch.Generator().manual_seed(3)
    noisy, answer = torch.randn(2, 300, 60, 3, generator=make)
    guess = fitted.guess(noisy, steps)
    assert torch.allclose(guess.completed(0 * answer), fitted.mean_K.expand(300, 60, 3), atol=1e-3)
    spread = (guess.completed(answer) - fitted.mean_K).std((0, 1))
    assert torch.allclose(spread, torch.tensor([0.1, 0.2, 0.3]), rtol=0.15)


def test_inputs_have_unit_strength(fitted):
    clean = smooth_motion(seed=7)
    for step in (0, 300, 700, 999):
        steps = torch.full((len(clean),), step)
        noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(step))
        inputs = fitted.guess(add_noise(clean, noise, steps, ALPHAS), steps).inputs
        assert inputs.shape == (400, 60, 6)
        assert float(inputs[..., :3].std()) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("frames", [1, 2, 31, 150, 997])
def test_any_length(fitted, frames):
    z = torch.randn(2, frames, 3)
    guess = fitted.guess(z, torch.tensor([0, 500]))
    assert guess.completed(z).shape == (2, frames, 3)
    assert torch.isfinite(guess.completed(z)).all()


@pytest.mark.parametrize("step", [30, 300, 900])
def test_the_expected_error_is_the_error_of_the_guess(fitted, step):
    clean = smooth_motion(seed=6)
    steps = torch.full((len(clean),), step)
    make = torch.Generator().manual_seed(2)
    noisy = add_noise(clean, torch.randn(clean.shape, generator=make), steps, ALPHAS)
    guess = fitted.guess(noisy, steps).completed(torch.zeros_like(noisy))
    measured = float((guess - clean).square().mean())
    assert float(fitted.expected_error(steps)[0]) == pytest.approx(measured, rel=0.1)
