"""Bones are drawn over the frames that they were read off."""

import numpy as np
from made_landmarks import HEIGHT, WIDTH, known_dance, landmarks_of

from pipelines.capture.fit import fit
from pipelines.capture.overlay import drawn_over, overlay_strip
from pipelines.media.video_writer import VideoWriter


def test_a_bone_is_where_its_ends_are():
    joints = np.full((24, 2), 90.0)
    joints[4], joints[7] = (20, 20), (20, 60)  # left knee and ankle
    picture = drawn_over(np.zeros((100, 100, 3), np.uint8), joints)
    assert (picture[35:50, 20, 1] > 150).all() and (picture[35:50, 5] == 0).all()


def test_a_strip_shows_frames_of_what_was_captured(tmp_path):
    with VideoWriter(tmp_path / "a.mp4", WIDTH, HEIGHT, 30) as video:
        for _ in range(80):
            video.write(np.full((HEIGHT, WIDTH, 3), 90, np.uint8))
    captured = fit(landmarks_of(known_dance(80)))
    strip = overlay_strip(tmp_path / "a.mp4", captured, 3, 120)
    assert strip.shape == (120, 480, 3)
    assert all(strip[:, start : start + 160].max() > 150 for start in (0, 160, 320))
