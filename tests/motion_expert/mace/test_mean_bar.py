"""The mean bar: a regression on the count, drawn towards nothing where there is little dance."""

import numpy as np
import torch

from pipelines.motion_expert.mace.mean_bar import MeanBar
from pipelines.rhythm.beat_clock import clock_hands


def dances(count, genre, strength, seed):
    """Windows of motion that sways with the count, each from another place in the bar."""
    random = np.random.default_rng(seed)
    counted = np.arange(60) / 10 + random.uniform(0, 4, (count, 1))
    clock = torch.from_numpy(clock_hands(counted))
    sway = strength * np.sin(2 * np.pi * counted / 2)
    motion = np.stack([sway + 0.3, 0.05 * random.normal(size=sway.shape)], axis=-1)
    return torch.from_numpy(motion).float(), clock, torch.full((count,), genre)


def fitted():
    parts = [dances(300, 0, 1.0, 1), dances(2, 1, 1.0, 2), dances(300, 2, -1.0, 3)]
    motion, clock, genre = (torch.cat(values) for values in zip(*parts, strict=True))
    bar = MeanBar(3, clock.shape[-1], 2)
    bar.fit(motion, clock, genre)
    return bar


def test_finds_what_follows_from_the_count():
    motion, clock, genre = dances(20, 0, 1.0, 4)
    found = fitted()(clock, genre, torch.ones(20, dtype=torch.bool))
    assert float((found - motion)[..., 0].abs().max()) < 0.1
    assert float(found[..., 1].abs().max()) < 0.05


def test_styles_differ_and_rare_ones_are_doubted():
    bar, (_, clock, _) = fitted(), dances(1, 0, 1.0, 5)
    everyone = torch.ones(4, dtype=torch.bool)
    found = bar(clock.expand(4, -1, -1), torch.tensor([0, 1, 2, -1]), everyone)[..., 0]
    first, rare, opposite, unnamed = (row.max() - row.min() for row in found)
    assert torch.corrcoef(found[[0, 2]])[0, 1] < -0.9
    assert rare < 0.3 * first
    assert unnamed < 0.2 * min(first, opposite)


def test_a_dropped_condition_has_no_mean_bar():
    _, clock, genre = dances(3, 0, 1.0, 6)
    keep = torch.tensor([True, False, True])
    found = fitted()(clock, genre, keep)
    assert not found[1].any()
    assert found[0].any()
