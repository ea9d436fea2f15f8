"""A dance and its music before the evaluator: rows, places in the song, refusals."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.metrics.contrastive.matcher import Matcher
from pipelines.metrics.genre.columns import windows_of
from pipelines.music.features import MusicFeatures
from pipelines.support.errors import UnsuitableInput


@pytest.fixture
def matcher(folder):
    return Matcher.load(folder, torch.device("cpu"))


@pytest.fixture
def music():
    values = np.random.default_rng(0).normal(size=(400, 35)).astype(np.float32)
    return MusicFeatures(values)


def test_each_window_hears_its_own_time_of_the_song(matcher, network, music, dance):
    motion = dance(frames=100)
    heard, danced = matcher.points(motion, music, 2.0)
    expected = np.stack([music.values[60:120], music.values[90:150], music.values[100:160]])
    points = network.of_music(torch.from_numpy(expected)).detach().numpy()
    np.testing.assert_allclose(heard, points, atol=1e-5)
    windows = torch.from_numpy(np.stack(windows_of(motion, 60, "front")))
    np.testing.assert_allclose(danced, network.of_dance(windows).detach().numpy(), atol=1e-5)


def test_windows_after_the_end_of_the_song_are_left_out(matcher, music, dance):
    heard, danced = matcher.points(dance(frames=600), music, 0.0)
    assert len(heard) == len(danced) == 12
    with pytest.raises(UnsuitableInput, match="ends before a first window"):
        matcher.points(dance(frames=600), music, 12.0)


def test_a_short_dance_is_one_window_and_another_schema_is_refused(matcher, music, dance):
    assert len(matcher.points(dance(frames=20), music, 0.0)[0]) == 1
    with pytest.raises(UnsuitableInput, match="the evaluator needs"):
        matcher.points(dance(), replace(music, schema="other"), 0.0)
