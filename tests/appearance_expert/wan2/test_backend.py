"""Wan-Animate-2 on a tiny model of its classes, saved and loaded as the real one."""

from pathlib import Path

import numpy as np
import pytest

from pipelines.appearance_expert.wan2.backend import Wan2
from pipelines.appearance_expert.wan2.options import Wan2Options
from pipelines.keypoints.detector import detect_person
from pipelines.keypoints.staging import stage_dance
from pipelines.media.image import load_picture
from pipelines.motion.npz import load_npz

DANCER = Path(__file__).parents[3] / "examples" / "dancer.png"
OPTIONS = Wan2Options(wan_sampling_steps=2)


@pytest.fixture(scope="module")
def person():
    return detect_person(load_picture(DANCER))


@pytest.fixture(scope="module")
def dance(person, tiny_dance):
    motion = load_npz(tiny_dance).sliced(0, 30)
    return stage_dance(motion.rotations(), motion.trans, 30.0, person, 48, 64)


def test_segments_continue_each_other_are_kept_and_repeat(tiny_wan2, person, dance, tmp_path):
    def load():
        backend = Wan2.load(str(tiny_wan2), "cpu", OPTIONS, kept=tmp_path / "kept")
        backend._segment_frames = 17
        return backend

    first = load()
    frames = np.array(list(first.frames(person, dance, 0)))
    assert frames.shape == (30, 64, 48, 3)
    segments = first.report()["segments"]
    assert [entry["index"] for entry in segments] == [0, 1]
    assert len(list((tmp_path / "kept").iterdir())) == 2
    for path in sorted((tmp_path / "kept").iterdir())[1:]:
        path.unlink()
    again = load()
    assert np.array_equal(np.array(list(again.frames(person, dance, 0))), frames)
    assert [e.get("resumed", False) for e in again.report()["segments"]] == [True, False]
