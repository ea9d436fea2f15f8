"""`--check` lists, `--mend` smooths; what is left is told with how to dance it anew."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.metrics.flaws import Flaw
from pipelines.motion.motion import Motion
from pipelines.motion.npz import load_npz, save_npz
from pipelines.rendering.checking import checked, redo_flags
from pipelines.rendering.settings import RenderConfig
from pipelines.support.errors import BadUsage, UnsuitableInput
from pipelines.support.progress import SILENT


@pytest.fixture
def spiked(tmp_path):
    seconds = np.arange(240) / 30
    poses = np.zeros((240, 24, 3), np.float32)
    poses[:, 0, 0] = np.pi / 2
    for joint, period in ((16, 3.0), (17, 3.3), (18, 2.9), (3, 2.1)):
        poses[:, joint, 2] = 0.7 * np.sin(2 * np.pi * seconds / period)
    poses[:, 16, 2] -= 0.8
    poses[:, 17, 2] += 0.8
    trans = np.zeros((240, 3), np.float32)
    trans[:, 2] = 0.95
    poses[120, 18, 1] += 2.0
    save_npz(Motion(poses, trans, 30.0), tmp_path / "dance.npz")
    return RenderConfig(dance=tmp_path / "dance.npz", check=True, workspace=tmp_path / "w")


def test_a_spike_is_listed(spiked):
    found = checked(spiked.validate(), SILENT)
    assert [flaw["kind"] for flaw in found["flaws"]] == ["spike"]
    assert found["redo"].startswith("--redo 3.") and "left" not in found


def test_a_spike_is_smoothed_and_the_rest_stays(spiked, tmp_path):
    asked = replace(spiked, check=False, mend=True, output=tmp_path / "mended.npz").validate()
    found = checked(asked, SILENT)
    assert len(found["flaws"]) == 1 and found["left"] == [] and found["redo"] == ""
    before, after = load_npz(tmp_path / "dance.npz"), load_npz(tmp_path / "mended.npz")
    far = np.r_[0:114, 127:240]
    np.testing.assert_array_equal(after.poses[far], before.poses[far])
    assert np.abs(after.poses[120, 18, 1]) < 0.2


def test_stretches_to_be_danced_anew_are_joined():
    def flaw(start, stop):
        return Flaw("slide", start, stop, "", 1.0, "m/s")

    assert redo_flags([], 9) == ""
    assert redo_flags([flaw(0.2, 1), flaw(1.8, 2), flaw(8.2, 8.9)], 9) == (
        "--redo 0.00:2.50 --redo 7.70:9.00"
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"output": "x.npz"}, "--check writes nothing"),
        ({"check": False, "mend": True}, "--mend makes another dance"),
        ({"dance": None}, "--check goes with one DANCE"),
        ({"redo": True}, "--redo goes with --mend"),
        (
            {"check": False, "mend": True, "redo": True, "output": "x.npz"},
            "--redo: danced to which",
        ),
    ],
)
def test_what_makes_no_sense(spiked, tmp_path, changes, words):
    if "output" in changes:
        changes = changes | {"output": tmp_path / changes["output"]}
    with pytest.raises(BadUsage, match=words):
        replace(spiked, **changes).validate()


def test_a_dance_of_a_few_frames_or_a_song_that_is_none(spiked, tmp_path):
    dance = load_npz(tmp_path / "dance.npz")
    save_npz(dance.sliced(0, 5), tmp_path / "dance.npz")
    with pytest.raises(UnsuitableInput, match="5 frames are too few"):
        checked(spiked, SILENT)
    with pytest.raises(UnsuitableInput, match="no such song"):
        replace(spiked, music=tmp_path / "none.wav").validate()


def test_what_cannot_be_smoothed_is_danced_anew_where_that_is_better(spiked, tmp_path):
    """A freeze is no spike: of two ways of dancing it anew the one that moves is kept."""
    dance = load_npz(tmp_path / "dance.npz")
    poses = dance.poses.copy()
    poses[120] = poses[119]
    moving = replace(dance, poses=poses)
    poses = poses.copy()
    poses[60:130] = poses[60]
    save_npz(replace(dance, poses=poses), tmp_path / "dance.npz")
    asked = replace(spiked, check=False, mend=True, output=tmp_path / "mended.npz")
    spans = []

    def dance_anew(motion, stretches):
        spans.extend(stretches)
        return [motion, moving]

    found = checked(asked.validate(), SILENT, dance_anew)
    assert "freezing" in {flaw["kind"] for flaw in found["flaws"]}
    assert found["left"] == [] and found["redo"] == "" and found["danced_anew"] == spans[:1]
    np.testing.assert_array_equal(load_npz(tmp_path / "mended.npz").poses, moving.poses)
    as_before = checked(replace(asked, force=True).validate(), SILENT, lambda motion, _: [motion])
    assert as_before["danced_anew"] == []
    assert [flaw["kind"] for flaw in as_before["left"]] == ["freezing"]
