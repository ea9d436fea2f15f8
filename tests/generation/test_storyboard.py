"""A plan says what flags say, is printed so that it can be read, and its mistakes have a line."""

import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipelines.generation.run_name import dance_name
from pipelines.generation.settings import GenerateConfig
from pipelines.generation.storyboard import storyboard, with_plan
from pipelines.motion_expert.library.song_plan import plan_song
from pipelines.music import layout
from pipelines.music.sections import SongSection
from pipelines.support.errors import BadUsage, UnsuitableInput

PLAN = """
bar-starts = [0, 2, 4, 6, 8]
edit = "a.npz"
keep-joints = ["head"]
like = "p.npz"

[[part]]
from = 0.0
to = 4
style = "house"
energy = 0.25

[[part]]
bars = "3-4"  # the chorus
style = "krump"
redo = true
pose = "p.npz@2.5"
facing = "left"
hold = true
"""


@pytest.fixture
def config(tmp_path):
    for name in ("song.wav", "a.npz", "p.npz"):
        (tmp_path / name).write_bytes(name.encode())
    return GenerateConfig(
        song=tmp_path / "song.wav", motion_only=True, motion_out=tmp_path / "b.npz",
        plan=tmp_path / "plan.toml",
    )  # fmt: skip


def test_a_plan_is_the_flags_and_makes_the_same_dance(config, tmp_path):
    config.plan.write_text(PLAN)
    read = with_plan(config)
    flags = replace(
        config, plan=None, edit=tmp_path / "a.npz", keep_joints=("head",), redo=("4:8",),
        genre="house@0,krump@4", energy_at="0.25@0", pose=(f"4={tmp_path / 'p.npz'}@2.5",),
        facing="left@4", hold=("4:8",), like=tmp_path / "p.npz",
    )  # fmt: skip
    assert read == flags
    assert dance_name(read) == dance_name(flags) != dance_name(replace(config, plan=None))


def test_without_a_plan_nothing_changes(config):
    plain = replace(config, plan=None)
    assert with_plan(plain) is plain


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('style = "krump"', 'stile = "krump"', r"line 15: 'stile' is unknown"),
        ("edit =", "edti =", r"line 3: 'edti' is unknown"),
        ("energy = 0.25", "energy = 1.5", r"line 11: energy = 1.5: not from 0 to 1"),
        ("energy = 0.25", 'energy = "wild"', r"line 11: energy = 'wild': not a number"),
        ("redo = true", 'redo = "yes"', r"line 16: redo = 'yes': not true or false"),
        ('bars = "3-4"', 'bars = "3-5"', r"line 14: bars = '3-5': not among bars 1 to 4"),
        ('bars = "3-4"', 'bars = "three"', r"line 14: bars = 'three': not of the form"),
        ('bars = "3-4"', "to = 8", r"line 13: when does it begin\?"),
        ("to = 4", "to = 0", r"line 9: to = 0: not after from = 0"),
        ('["head"]', '"head"', r"line 4: keep-joints = 'head': not a list"),
        ('facing = "left"', 'facing = "lef"', r"line 18: facing = 'lef': not front, right, back, "),
        ('facing = "left"', "facing = 400", r"line 18: facing = 400: not front"),
        ("hold = true", "hold = 2", r"line 19: hold = 2: not true or false"),
        ('style = "house"', 'style = "hous"', r"line 10: style = 'hous': unknown"),
        ('style = "krump"', 'style = "waltz"', r"line 15: style = 'waltz': unknown"),
        ("bar-starts = [0,", 'bar-starts = ["a",', r"line 2: bar-starts = 'a': not a number"),
    ],
)
def test_mistakes_are_told_with_line_and_word(config, old, new, words):
    config.plan.write_text(PLAN.replace(old, new))
    with pytest.raises(BadUsage, match=words) as caught:
        with_plan(config)
    assert caught.value.hint
    if "stile" in new:
        assert "did you mean 'style'?" in caught.value.hint
    if "hous" in new:
        assert "did you mean 'house'?" in caught.value.hint and "krump" in caught.value.hint


def test_what_is_no_toml_or_not_there(config):
    with pytest.raises(UnsuitableInput, match=r"plan\.toml: no such file"):
        with_plan(config)
    config.plan.write_text("[[part]\n")
    with pytest.raises(UnsuitableInput, match=r"not a TOML file .*line 1"):
        with_plan(config)


def test_flags_and_plan_do_not_say_the_same_twice(config):
    config.plan.write_text(PLAN)
    with pytest.raises(BadUsage, match=r"--genre and .* both say it"):
        with_plan(replace(config, genre="house"))
    with pytest.raises(BadUsage, match=r"--facing and .* both say it"):
        with_plan(replace(config, facing="front"))
    with pytest.raises(BadUsage, match=r"--like and .* both name a dance"):
        with_plan(replace(config, like=Path("x.npz")))
    with pytest.raises(BadUsage, match=r"--edit and .* both name a dance"):
        with_plan(replace(config, edit=Path("x.npz")))


def song():
    features = np.zeros((600, layout.WIDTH), np.float32)
    for beat in range(3, 600, 15):
        features[beat, layout.beats] = features[beat, layout.peaks] = 1
        features[beat, layout.envelope] = 2
    return plan_song(features)


SECTIONS = [SongSection(0.0, 8.5, "A"), SongSection(8.5, 20.0, "B")]


def test_what_is_printed_can_be_used_and_holds_the_songs_bars(config, tmp_path):
    plan = song()
    text = storyboard(replace(config, plan=None), plan, SECTIONS)
    document = tomllib.loads(text)
    starts = document["bar-starts"]
    assert len(starts) == plan.bars + 1 and starts == sorted(starts)
    assert document["part"][0]["bars"] == "1-4"
    heard = [line.split("section ")[1][0] for line in text.splitlines() if "section " in line]
    assert heard[0] == "A" and heard[-1] == "B" and heard == sorted(heard)
    config.plan.write_text(text)
    assert with_plan(config) == replace(config, plan=None)
    assert "section" not in storyboard(replace(config, plan=None), plan, [])


def test_what_flags_say_is_printed_with_it(config, tmp_path):
    flags = replace(
        config, plan=None, edit=tmp_path / "a.npz", keep=("0:4",), genre="house,krump@4",
        energy_at="0.5@2", pose=(f"6={tmp_path / 'p.npz'}",), like=tmp_path / "a.npz",
        facing="45@3,back@5", hold=("7:8",),
    )  # fmt: skip
    config.plan.write_text(storyboard(flags, song(), SECTIONS))
    read = with_plan(config)
    assert (read.edit, read.keep, read.energy_at) == (tmp_path / "a.npz", ("0:4",), "0.5@2")
    assert read.genre == "house@0,krump@4"
    assert (read.like, read.facing, read.hold) == (tmp_path / "a.npz", "45@3,back@5", ("7:8",))
    assert read.pose == (f"6={tmp_path / 'p.npz'}@0",)
