"""Schedule and DDIM against docs/reference/motion-expert.md#diffusion-and-sampling."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from pipelines.motion_expert.mace.diffusion import (
    DdimSampler,
    Known,
    add_noise,
    alphas_cumulative,
    ddim_grid,
)

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("step", "alpha"),
    [(0, 0.99995872), (19, 0.99825249), (99, 0.97209274), (499, 0.49384359), (799, 0.09404561),
     (979, 9.7119e-4), (998, 2.42877e-6), (999, 2.42877e-9)],
)  # fmt: skip
def test_golden_alphas(step, alpha):
    assert alphas_cumulative()[step] == pytest.approx(alpha, rel=5e-6)


def test_last_beta_is_capped_and_alphas_fall():
    alphas = alphas_cumulative()
    assert 1 - alphas[999] / alphas[998] == pytest.approx(0.999, rel=1e-9)
    assert (np.diff(alphas) < 0).all()
    assert alphas.shape == (1000,)


def test_grid_of_fifty():
    grid = ddim_grid(50)
    assert grid == [*range(999, 0, -20), -1]
    assert grid[-3:] == [39, 19, -1]


@pytest.mark.parametrize("steps", [1, 2, 3, 7, 49, 300, 799, 999, 1000])
def test_grids_fall_from_999_to_minus_one(steps):
    grid = ddim_grid(steps)
    assert len(grid) == steps + 1
    assert (grid[0], grid[-1]) == (999, -1)
    assert all(a > b for a, b in pairwise(grid))


def test_noise_is_laid_over_per_sample():
    alphas = torch.tensor([0.81, 0.36])
    clean, noise = torch.ones(2, 3, 4), 2 * torch.ones(2, 3, 4)
    noisy = add_noise(clean, noise, torch.tensor([0, 1]), alphas)
    assert torch.allclose(noisy[0], torch.tensor(0.9 + 2 * 0.19**0.5))
    assert torch.allclose(noisy[1], torch.tensor(0.6 + 2 * 0.8))


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("steps", [1, 2, 50])
def test_an_oracle_is_followed_exactly(eta, steps):
    clean = torch.rand(2, 5, 3, generator=generator(1)) * 2 - 1
    calls = []
    found = DdimSampler(steps, eta).sample(
        lambda x, step: calls.append(step) or clean, clean.shape, generator(), CPU
    )
    assert torch.equal(found, clean)
    assert calls == ddim_grid(steps)[:-1]


def test_the_samples_on_the_way_have_the_noise_level_of_their_step():
    """Around an oracle's clean sample the rest is unit noise of variance 1 - alpha."""
    alphas, clean = alphas_cumulative(), torch.full((1, 200, 151), 0.3)
    for eta in (0.0, 1.0):
        seen = {}

        def oracle(x, step, seen=seen):
            seen[step] = x
            return clean

        DdimSampler(10, eta).sample(oracle, clean.shape, generator(), CPU)
        for step, x in seen.items():
            rest = (x - alphas[step] ** 0.5 * clean) / (1 - alphas[step]) ** 0.5
            assert abs(float(rest.mean())) < 0.03
            assert float(rest.std()) == pytest.approx(1, abs=0.02)


def test_a_gaussian_is_sampled_with_its_own_spread():
    """With the exact denoiser of N(0, s^2) they have that spread; in coarse steps a bit less."""
    spread, alphas = 0.25, alphas_cumulative()

    def denoise(x, step):
        a = alphas[step]
        return a**0.5 * spread**2 / (a * spread**2 + 1 - a) * x

    for eta in (0.0, 1.0):
        samples = DdimSampler(1000, eta).sample(denoise, (1, 100, 100), generator(), CPU)
        assert float(samples.std()) == pytest.approx(spread, rel=0.03)
        coarse = DdimSampler(50, eta).sample(denoise, (1, 100, 100), generator(), CPU)
        assert 0.8 * spread < float(coarse.std()) < spread


def test_predictions_are_clamped():
    found = DdimSampler(5).sample(lambda x, _: x * 0 + 7, (1, 2, 3), generator(), CPU)
    assert torch.equal(found, torch.ones(1, 2, 3))


def test_randomness_comes_from_the_generator_alone():
    def draw(seed, eta=1.0):
        torch.rand(7)
        return DdimSampler(6, eta).sample(lambda x, _: 0.5 * x, (2, 3, 4), generator(seed), CPU)

    assert torch.equal(draw(3), draw(3))
    assert not torch.equal(draw(3), draw(4))
    assert not torch.equal(draw(3), draw(3, eta=0.0))


def test_progress_is_told_once_per_evaluation():
    ticks = []
    DdimSampler(7).sample(lambda x, _: x, (1, 1, 1), generator(), CPU, lambda: ticks.append(1))
    assert len(ticks) == 7


def test_known_values_are_held_at_every_step_as_noisy_as_the_rest():
    given = torch.full((1, 4, 3), 0.5)
    share = torch.zeros(1, 4, 3)
    share[:, :2] = 1
    seen = []

    def denoise(x, step):
        seen.append((x.clone(), step))
        return torch.zeros_like(x)

    sampler = DdimSampler(steps=20)
    generator = torch.Generator().manual_seed(0)
    made = sampler.sample(
        denoise, (400, 4, 3), generator, torch.device("cpu"), known=Known(given, share)
    )
    assert torch.equal(made[:, :2], torch.full((400, 2, 3), 0.5))
    assert torch.equal(made[:, 2:], torch.zeros(400, 2, 3))
    alphas = alphas_cumulative()
    for x, step in seen:
        held = x[:, :2]
        assert float(held.mean()) == pytest.approx(0.5 * alphas[step] ** 0.5, abs=0.07)
        assert float(held.std()) == pytest.approx((1 - alphas[step]) ** 0.5, abs=0.07)
