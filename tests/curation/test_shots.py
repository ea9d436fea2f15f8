"""Shots from probabilities, and TransNetV2 on cuts that are known."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipelines.curation import shots
from pipelines.curation.shots import CONTEXT, Shot, cut_probabilities, shots_of


def test_shots_end_with_the_frame_that_is_likely() -> None:
    likely = np.zeros(100)
    likely[[29, 60, 61, 62]] = 0.9
    # The second is a fade of three frames, which belong to neither side.
    assert shots_of(likely, 0.5) == [Shot(0, 30), Shot(30, 60), Shot(63, 100)]
    assert shots_of(likely, 0.95) == [Shot(0, 100)]
    assert shots_of(np.ones(7), 0.5) == []


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_shots_are_in_order_and_apart(cuts: list[bool]) -> None:
    found = shots_of(np.array(cuts, float), 0.5)
    edges = [edge for shot in found for edge in (shot.start, shot.stop)]
    assert edges == sorted(edges)
    inside = sum(shot.frames for shot in found)
    assert len(cuts) - sum(cuts) <= inside <= len(cuts)


def noise(frames: int, seed: int) -> np.ndarray:
    """A picture of coarse coloured noise that drifts, (frames, 27, 48, 3)."""
    rng = np.random.default_rng(seed)
    picture = np.kron(rng.integers(0, 255, (9, 20, 3)), np.ones((3, 6, 1))).astype(np.uint8)
    return np.stack([picture[:, i // 4 : i // 4 + 48] for i in range(frames)])


def test_transnet_finds_a_cut_where_it_is_and_leaves_the_world_alone() -> None:
    shots._network.cache_clear()
    torch.manual_seed(5)
    random.seed(5)
    expected = torch.rand(1), random.random()
    torch.manual_seed(5)
    random.seed(5)
    film = np.concatenate([noise(60, 1), noise(60, 2)])
    padded = np.concatenate([film[:1].repeat(CONTEXT, 0), film, film[-1:].repeat(CONTEXT, 0)])
    likely = cut_probabilities(padded)
    assert likely.shape == (120,)
    assert [shot.stop for shot in shots_of(likely, 0.5)] == [60, 120]
    assert (torch.rand(1), random.random()) == expected
    assert not torch.are_deterministic_algorithms_enabled()


def test_longer_windows_agree_with_the_package() -> None:
    film = np.concatenate([noise(35, 3), noise(20, 4)])
    padded = np.concatenate([film[:1].repeat(CONTEXT, 0), film, film[-1:].repeat(CONTEXT, 0)])
    theirs, _ = shots._network().predict_frames(torch.from_numpy(film), quiet=True)
    ours = cut_probabilities(padded)
    assert ours == pytest.approx(theirs.numpy(), abs=0.05)
    assert shots_of(ours, 0.5) == shots_of(theirs.numpy(), 0.5)
