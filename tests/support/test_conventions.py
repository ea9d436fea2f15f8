"""Numbers that every room agrees on, held against those who must agree."""

from __future__ import annotations

import numpy as np
import torch

from pipelines.music.features import HOP, SAMPLE_RATE
from pipelines.support.conventions import LARGEST_SEED, MOTION_FPS


def test_music_and_motion_run_at_one_rate():
    assert MOTION_FPS == SAMPLE_RATE / HOP == 30


def test_every_seed_up_to_the_largest_is_taken_by_both_generators():
    for seed in (0, 1, LARGEST_SEED):
        np.random.default_rng(seed)
        torch.Generator().manual_seed(seed)


def test_different_seeds_up_to_there_draw_differently():
    draws = [np.random.default_rng(seed).random() for seed in (LARGEST_SEED, LARGEST_SEED - 1)]
    assert draws[0] != draws[1]


def test_it_fits_the_signed_64_bits_of_toml_and_of_saved_states():
    assert np.iinfo(np.int64).max == LARGEST_SEED
