"""The protocol motion-appearance: motion from poses, looks from pixels or VBench's own results."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from pipelines.body.skeleton import JOINT_NAMES
from pipelines.evaluation.items import Item
from pipelines.evaluation.protocols.motion_appearance import MotionAppearance
from pipelines.evaluation.sets import Sets
from pipelines.evaluation.settings import EvaluateConfig
from pipelines.keypoints.tracks import PoseTrack, save_track
from pipelines.support.progress import SILENT


@pytest.fixture
def protocol(tmp_path):
    def make(**changes):
        return MotionAppearance(
            EvaluateConfig(
                "motion-appearance", tmp_path, workspace=tmp_path / "w", device="cpu", **changes
            )
        )

    return make


def track(dance, seed):
    joints = dance(seed).joints()
    xy = np.stack([joints[..., 0], -joints[..., 2]], axis=-1) * 200 + 500
    names = tuple("nose" if name == "head" else name for name in JOINT_NAMES)
    return PoseTrack(names, xy, np.ones(xy.shape[:2]), 30.0, "test")


@pytest.fixture
def items(tmp_path, dance):
    """Keypoint files of three dances; in the second, four of 90 frames are unseen."""
    found = []
    for number in range(3):
        one = track(dance, number)
        if number == 1:
            one.confidence[10:14] = 0
        save_track(one, tmp_path / f"d{number}.npz")
        found.append(Item(f"d{number}", tmp_path / f"d{number}.npz"))
    return found


class Heard:
    def __init__(self):
        self.lines, self.stage = [], SILENT.stage

    def say(self, line):
        self.lines.append(line)


def test_the_hash_covers_the_profile(protocol):
    assert protocol().settings()["official"] is False
    assert protocol(profile="mace2d-official").settings()["frames"] == 64
    assert protocol(profile="mace2d-official").rule.reference == "own"
    assert protocol().of_system([]) == {}


def test_poses_are_measured_and_gaps_are_counted(protocol, items):
    heard = Heard()
    found = protocol().measure(Sets({"pred": items}, items[:1]), heard)
    assert [sorted(clip.features) for clip in found["pred"].clips] == [["g", "k"]] * 3
    (note,) = found["pred"].notes
    assert note == f"{4 / 90 / 3:.1%} of the points are unseen, in 1 clips, and are interpolated"
    assert found["truth"].notes == []
    assert sum("is left out: no" in line for line in heard.lines) == 5


def test_published_zeros_are_said(protocol, items):
    found = protocol(profile="mace2d-official").measure(Sets({"pred": items}, []), SILENT)
    assert found["pred"].notes[-1].endswith("in 1 clips, and stay zeros, as published")


def test_detectors_must_not_be_mixed(protocol, items, dance, tmp_path):
    other = replace(track(dance, 7), layout="other")
    save_track(other, tmp_path / "x.npz")
    found = protocol().measure(Sets({"pred": [*items, Item("x", tmp_path / "x.npz")]}, []), SILENT)
    assert found["pred"].notes[0].startswith("its keypoints come from different detectors (3 ")


def test_vbenchs_own_results_replace_pixels(protocol, items, tmp_path):
    rows = [{"video_path": f"d{k}.mp4", "video_results": 0.9 + k / 100} for k in range(2)]
    (tmp_path / "r.json").write_text(json.dumps({"temporal_flickering": [0.9, rows]}))
    heard = Heard()
    sets = Sets({"pred": items}, items)
    found = protocol(vbench_json=(str(tmp_path / "r.json"),)).measure(sets, heard)
    assert [clip.scores.get("tf") for clip in found["pred"].clips] == [0.9, 0.91, None]
    assert found["pred"].notes[-1] == "--vbench-json knows nothing of d2"
    assert all("tf" not in clip.scores for clip in found["truth"].clips)
    assert heard.lines == []


def test_looks_count_where_the_dancer_is_not_seen(protocol, dancers):
    nobody = Item("n", dancers("none", 1.0))
    found = protocol().measure(Sets({"pred": [nobody]}, []), SILENT)["pred"]
    assert set(found.clips[0].scores) == {"tf"} and found.clips[0].features == {}
    assert found.left_out["n"].startswith("its motion: ")


def test_what_shows_neither_looks_nor_motion_is_left_out(protocol, tmp_path):
    (tmp_path / "odd.json").write_text("[]")
    found = protocol().measure(Sets({"pred": [Item("odd", tmp_path / "odd.json")]}, []), SILENT)
    assert found["pred"].clips == [] and "odd" in found["pred"].left_out


def test_exhibits(protocol, items, dancers):
    drawn = protocol().exhibit(items[0], "pred", "odd")
    assert all(picture.startswith("<svg") for picture in drawn.pictures) and len(drawn.speed)
    nobody = Item("n", dancers("none", 1.0))
    photographs = protocol().exhibit(nobody, "pred", "odd")
    assert photographs.pictures[0].startswith("<img") and not len(photographs.speed)
    both = protocol().exhibit(Item("one", dancers("one", 1.0)), "pred", "odd")
    assert both.pictures[0].startswith("<img") and len(both.speed)
