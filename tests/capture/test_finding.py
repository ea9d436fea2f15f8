"""The embedded finder over a video, and what the picture does around the dancer."""

import cv2
import numpy as np
import pytest

from pipelines.capture.finding import background_shift, find_landmarks
from pipelines.support.errors import UnsuitableInput


def backdrop(shift=0):
    random = np.random.default_rng(0)
    coarse = random.integers(0, 255, (16, 24)).astype(np.uint8)
    picture = cv2.resize(coarse, (240, 160), interpolation=cv2.INTER_CUBIC)
    return np.ascontiguousarray(np.roll(picture, shift, axis=1)[20:110, 30:190])


@pytest.mark.parametrize("pixels", [0, 3])
def test_a_pan_is_seen_as_one(pixels):
    nobody = np.full((33, 2), np.nan)
    found = background_shift(backdrop(), backdrop(pixels), nobody)
    assert found == pytest.approx(pixels / 160, abs=0.002)


def test_the_dancer_is_no_background():
    after = backdrop()
    after[20:70, 60:100] = backdrop(9)[20:70, 60:100]
    person = np.array([[0.4, 0.25], [0.6, 0.75]])
    assert background_shift(backdrop(), after, person) == pytest.approx(0, abs=0.001)


def test_a_bare_wall_says_nothing():
    bare = np.full((90, 160), 128, np.uint8)
    assert background_shift(bare, bare, np.full((33, 2), np.nan)) == 0.0


def test_what_is_no_video_is_refused(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"nothing of the kind")
    with pytest.raises(UnsuitableInput, match=r"a\.mp4"):
        find_landmarks(tmp_path / "a.mp4")
