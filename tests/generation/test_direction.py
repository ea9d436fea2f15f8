"""What the flags of an edit say, and which of them contradict each other."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipelines.generation.direction import parse_pose, parse_span
from pipelines.generation.settings import GenerateConfig
from pipelines.motion.motion import Motion
from pipelines.motion.npz import save_npz
from pipelines.support.errors import BadUsage, UnsuitableInput


def dance(frames=300, fps=30.0):
    poses = np.zeros((frames, 24, 3), np.float32)
    poses[:, 0, 0] = np.pi / 2
    poses[:, 16, 2] = np.arange(frames) / frames
    trans = np.zeros((frames, 3), np.float32)
    trans[:, 2] = 0.95
    return Motion(poses, trans, fps)


@pytest.fixture
def config(tmp_path):
    save_npz(dance(), tmp_path / "a.npz")
    return GenerateConfig(
        song=Path("song.wav"),
        motion_only=True,
        motion_out=tmp_path / "b.npz",
        edit=tmp_path / "a.npz",
    )


@pytest.mark.parametrize(
    ("text", "start", "stop"),
    [("8:12.5", 8, 12.5), ("0:4", 0, 4), ("1:05-1:20", 65, 80), ("0.5-2", 0.5, 2)],
)
def test_stretches_of_time(text, start, stop):
    span = parse_span("--redo", text)
    assert (span.start, span.stop, span.text) == (start, stop, f"--redo {text}")


@pytest.mark.parametrize("text", ["8", "8:", "a:b", "1:2:3", ""])
def test_no_stretch_of_time(text):
    with pytest.raises(BadUsage, match="not a stretch of time") as caught:
        parse_span("--keep", text)
    assert "8:12.5" in caught.value.hint


@pytest.mark.parametrize("text", ["4:4", "5:4", "4:4.01"])
def test_an_empty_stretch(text):
    with pytest.raises(BadUsage, match=f"--redo {text}: an empty stretch"):
        parse_span("--redo", text)


def test_poses():
    assert parse_pose("6.0=pose.npz").second == 6
    one = parse_pose("1:02=my dance@home.npz@12.4")
    assert (one.second, one.path, one.at) == (62, Path("my dance@home.npz"), 12.4)
    for text in ("pose.npz", "x=pose.npz", "6=", "6=a.npz@b"):
        with pytest.raises(BadUsage, match="not a time and a file"):
            parse_pose(text)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "nothing is to be changed"),
        ({"redo": ("1:2",), "edit": None}, r"--redo 1:2: of which dance\?"),
        ({"keep": ("1:2",), "redo": ("3:4",)}, "both say what stays"),
        ({"keep_joints": ("upper", "lower")}, "nothing is left to be danced anew"),
        ({"redo": ("1:2",), "motion": Path("m.npz")}, "--motion m.npz.? is danced as it is"),
        ({"keep": ("1:4",), "pose": ("2=P",)}, "lies in --keep 1:4, which stays as it is"),
        ({"redo": ("1:4",), "pose": ("5=P",)}, "lies outside --redo 1:4, and all else stays"),
        ({"keep": ("1:4",), "hold": ("3:5",)}, "--hold 3:5: lies in --keep 1:4, which stays"),
        ({"redo": ("1:4",), "hold": ("3:5",)}, "--hold 3:5: lies outside --redo 1:4, and all"),
        ({"edit": None, "hold": ("3:5",), "motion": Path("m.npz")}, "m.npz.? is danced as it is"),
        ({"redo": ("1:4",), "pose": ("2=P", "2=P@1")}, "two poses at one moment"),
    ],
)
def test_what_says_nothing_or_contradicts_itself(config, changes, words):
    poses = tuple(p.replace("P", str(config.edit)) for p in changes.get("pose", ()))
    with pytest.raises(BadUsage, match=words):
        replace(config, **changes | {"pose": poses}).validate()


def test_files_that_are_not_there(config):
    with pytest.raises(UnsuitableInput, match="no such file"):
        replace(config, edit=Path("none.npz"), redo=("1:2",)).direction().checked()
    with pytest.raises(UnsuitableInput, match=r"--like none\.npz: no such file"):
        replace(config, edit=None, like=Path("none.npz")).direction().checked()
    with pytest.raises(UnsuitableInput, match=r"--pose 2=none\.npz: no such file"):
        replace(config, edit=None, pose=("2=none.npz",)).direction().checked()


def test_outside_the_song(config):
    replace(config, redo=("8:10",)).direction().refuse_outside(10.0)
    with pytest.raises(BadUsage, match=r"--redo 8:12: the dance ends after 10\.00 s"):
        replace(config, redo=("8:12",)).direction().refuse_outside(10.0)
    with pytest.raises(BadUsage, match=r"--hold 9:11: the dance ends after 10\.00 s"):
        replace(config, hold=("9:11",)).direction().refuse_outside(10.0)
    with pytest.raises(BadUsage, match=r"--pose 12=a\.npz: the dance ends after 10\.00 s"):
        replace(config, pose=("12=a.npz",)).direction().refuse_outside(10.0)


def test_what_is_kept(config):
    redone = replace(config, redo=("1:2", "3:4")).direction().kept(301)
    assert redone is not None and redone.gaps() == [(30, 60), (90, 120)]
    kept = replace(config, keep=("0:4", "8:10")).direction().kept(301)
    assert kept is not None and kept.gaps() == [(120, 240)]
    joints = replace(config, keep_joints=("upper",)).direction().kept(301)
    assert joints is not None and joints.gaps() == [(0, 301)]
    posed = replace(config, pose=(f"5={config.edit}",)).direction().kept(301)
    assert posed is not None and posed.gaps() == [(120, 180)]
    assert replace(config, edit=None).direction().kept(301) is None


def test_a_dance_of_another_length_or_rate(config, tmp_path):
    with pytest.raises(UnsuitableInput, match=r"10\.00 s of dance to 20\.00 s of music") as caught:
        replace(config, redo=("1:2",)).direction().kept(601)
    assert "--duration" in caught.value.hint
    save_npz(dance(600, 60.0), tmp_path / "fast.npz")
    with pytest.raises(UnsuitableInput, match="60 frames a second") as caught:
        replace(config, edit=tmp_path / "fast.npz", redo=("1:2",)).direction().kept(301)
    assert "--motion-out" in caught.value.hint


def test_moments_of_dances_as_poses(config):
    (one,) = replace(config, pose=(f"2={config.edit}@5",)).direction().poses_to_meet()
    assert one.frame == 60
    np.testing.assert_array_equal(one.pose.poses, dance().poses[150:151])
    with pytest.raises(UnsuitableInput, match=r"ends after 10\.00 s"):
        replace(config, pose=(f"2={config.edit}@50",)).direction().poses_to_meet()


def test_a_liked_dance_of_any_rate_is_read_at_ours(config, tmp_path):
    save_npz(dance(120, fps=60.0), tmp_path / "fast.npz")
    asked = replace(config, edit=None, like=tmp_path / "fast.npz").direction()
    assert (asked.liked().fps, asked.liked().frames) == (30.0, 60)
    assert asked.inputs() == {"like": tmp_path / "fast.npz"} and asked
    assert replace(config, edit=None).direction().liked() is None
