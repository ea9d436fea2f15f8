"""Dances before the classifier: rows, numbers and names."""

import numpy as np
import pytest
import torch

from pipelines.metrics.genre.columns import windows_of
from pipelines.metrics.genre.folder import SHIPPED
from pipelines.metrics.genre.recogniser import Recogniser
from pipelines.motion.motion import Motion

CPU = torch.device("cpu")


@pytest.fixture
def recogniser(folder):
    return Recogniser.load(folder, CPU)


def test_a_row_for_each_window_of_the_scaled_dance(recogniser, network, header, dance):
    motion = dance(frames=150)
    found = recogniser.logits(motion)
    windows = [header.scale.transform(w) for w in windows_of(motion, 60, "front")]
    expected = network(torch.from_numpy(np.stack(windows))).detach().numpy()
    assert found.shape == (4, 20)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_dance_shorter_than_the_window_is_seen_whole(recogniser, dance):
    assert recogniser.logits(dance(frames=20)).shape == (1, 20)


def test_many_windows_do_not_change_what_each_gives(recogniser, dance):
    long = recogniser.logits(dance(frames=30 * 70))
    first = recogniser.logits(dance(frames=60))
    assert len(long) == 69
    np.testing.assert_allclose(long[0], first[0], atol=1e-5)


def test_unused_outputs_win_only_where_they_may(recogniser):
    logits = np.zeros((2, 20))
    logits[0, [1, 17]] = 1, 2
    logits[1, 2] = 1
    assert recogniser.recognised(logits).tolist() == [1, 2]
    assert recogniser.recognised(logits, unused=True).tolist() == [17, 2]


@pytest.mark.parametrize(
    ("genre", "number"), [("house", 0), ("WAACK", 2), ("tango", None), ("", None), (None, None)]
)
def test_numbers_of_genres(recogniser, genre, number):
    assert recogniser.number_of(genre) == number


def test_the_one_that_ships_is_whole_and_small():
    shipped = Recogniser.load(SHIPPED, CPU)
    assert len(shipped.header.genres) == 15 and shipped.header.window == 150
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) < 1.5e6
    still = Motion(np.zeros((150, 24, 3), np.float32), np.zeros((150, 3), np.float32), 30.0)
    assert np.isfinite(shipped.logits(still)).all()
