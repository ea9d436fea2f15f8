"""Clips that the report picks, and what it shows of them."""

from __future__ import annotations

import re
from fractions import Fraction
from xml.etree import ElementTree

import numpy as np
import pytest

from pipelines.body.skeleton import JOINT_NAMES
from pipelines.evaluation.exhibits import exhibit_motion, exhibit_poses, exhibit_video, worst_clips
from pipelines.evaluation.profiles import keypoint_profile, motion_profile
from pipelines.keypoints.tracks import PoseTrack
from pipelines.media.video_writer import VideoWriter
from pipelines.motion.formats import load_motion
from pipelines.motion.npz import save_npz


def parsed(svg):
    return ElementTree.fromstring(re.sub(r"^<figure>.*?</figcaption>|</figure>$", "", svg))


def test_worst_clips():
    result = {"clips": {
        "far": {f"<{k}>": {"fsr": k / 10, "far_k": float(k), "bas": None} for k in range(6)},
        "v": {str(k): {"psnr": 20.0 + k} for k in range(4)},
        "rough": {str(k): {"jitter": 20.0 + k} for k in range(4)},
        "nothing": {"a": {}},
    }}  # fmt: skip
    assert [name for name, _ in worst_clips(result, "far")] == ["<5>", "<4>", "<3>"]
    assert worst_clips(result, "far", 1)[0][1].startswith("5.0 deviations")
    assert worst_clips(result, "v", 2) == [("0", "PSNR 20.00"), ("1", "PSNR 21.00")]
    assert worst_clips(result, "rough", 1) == [("3", "jitter 23.0")]
    assert worst_clips(result, "nothing") == []


def test_exhibits(dance, tmp_path):
    save_npz(dance(0), tmp_path / "a.npz")
    beats = np.array([1.0, 2.0, 99.0])
    shown = exhibit_motion(
        load_motion(tmp_path / "a.npz"), "s", "a", "w", motion_profile("strict"), beats
    )
    assert len(shown.pictures) == 6
    assert all(parsed(picture).tag == "svg" for picture in shown.pictures)
    assert shown.music_beats.tolist() == [1.0, 2.0]
    assert len(shown.speed) == 89
    joints = dance(1).joints()
    xy = np.stack([joints[..., 0], -joints[..., 2]], axis=-1) * 200 + 500
    names = tuple("nose" if name == "head" else name for name in JOINT_NAMES)
    track = PoseTrack(names, xy, np.ones(xy.shape[:2]), 30.0, "test")
    shown = exhibit_poses(track, "s", "a", "w", keypoint_profile("strict"), beats)
    assert len(shown.pictures) == 6
    assert len([e for e in parsed(shown.pictures[0]) if e.tag == "line"]) == 1 + 12
    assert shown.music_beats.tolist() == [1.0, 2.0]
    assert len(shown.speed) == 89
    with VideoWriter(tmp_path / "v.mp4", 64, 96, Fraction(10)) as video:
        for grey in range(12):
            video.write(np.full((96, 64, 3), 20 * grey, np.uint8))
    shown = exhibit_video(tmp_path / "v.mp4", "s", "v", "w")
    assert len(shown.pictures) == 6
    assert all("data:image/jpeg;base64," in picture for picture in shown.pictures)


def test_a_stick_figure_stands_on_its_floor(dance, tmp_path):
    save_npz(dance(3), tmp_path / "a.npz")
    shown = exhibit_motion(
        load_motion(tmp_path / "a.npz"), "s", "a", "w", motion_profile("strict"), None
    )
    lines = [e for e in parsed(shown.pictures[0]) if e.tag == "line" and e.get("class") is None]
    lowest = max(float(line.get(y)) for line in lines for y in ("y1", "y2"))
    assert lowest == pytest.approx(122, abs=0.06)
    assert len(lines) == 23
    assert len(shown.music_beats) == 0


def test_long_clips_show_their_first_seconds(dance, tmp_path):
    save_npz(dance(4, 600), tmp_path / "a.npz")
    shown = exhibit_motion(
        load_motion(tmp_path / "a.npz"), "s", "a", "w", motion_profile("strict"), None
    )
    assert len(shown.speed) == 12 * 30 - 1
    assert (shown.rests < 12).all() and len(shown.rests)
