"""One motion file: its pieces, its style, and what it is counted by."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipelines.datasets.listing import ListedTake
from pipelines.datasets.own_files import Collection, dances_of, own_dances, style_of
from pipelines.motion.npz import save_npz
from pipelines.music import layout
from pipelines.music.features import MusicFeatures
from pipelines.support.errors import UnsuitableInput

HERE = Collection("mine", Path("mine"))


def clicks(seconds: float, bpm: float, delay: float = 0.2) -> MusicFeatures:
    values = np.zeros((round(seconds * 30), layout.WIDTH), np.float32)
    values[np.round(np.arange(delay, seconds - 0.1, 60 / bpm) * 30).astype(int), layout.beats] = 1
    return MusicFeatures(values)


def test_a_song_says_the_count(dancing) -> None:
    motion = dancing(120.0, seconds=8)
    take = ListedTake("one", Path("mine/one.npz"))
    (known,), notes = dances_of(motion, take, HERE, lambda _: clicks(8, 100, 0.25))
    (reading,) = known.pulses
    assert reading.known and reading.bpm == pytest.approx(100, abs=0.5) and notes == []
    (tracked,), _ = dances_of(motion, take, HERE, lambda _: None)
    assert not tracked.pulses[0].known and tracked.pulses[0].bpm == pytest.approx(120, abs=2)


def test_what_is_cut_off_the_start_is_cut_off_the_count_too(dancing) -> None:
    motion = dancing(120.0, seconds=8)
    still = replace(
        motion,
        poses=np.concatenate([np.repeat(motion.poses[:1], 60, 0), motion.poses]),
        trans=np.concatenate([np.repeat(motion.trans[:1], 60, 0), motion.trans]),
    )
    # The song's beats fall on the dance's steps, 2 s after the file begins.
    song = clicks(10, 120, 2.05)
    (plain,), _ = dances_of(motion, ListedTake("a", Path("mine/a.npz")), HERE,
                            lambda _: clicks(8, 120, 0.05))  # fmt: skip
    (late,), _ = dances_of(still, ListedTake("b", Path("mine/b.npz")), HERE, lambda _: song)
    assert late.motion.frames < still.frames - 30
    cut = still.frames - late.motion.frames  # the end is danced to the last frame
    expected = (np.arange(0, 10, 0.5) - cut / 30) % 0.5
    offset = late.pulses[0].times[0] % 0.5
    assert np.abs(np.angle(np.exp(4j * np.pi * (expected[0] - offset)))) < 0.5
    assert plain.pulses[0].bpm == pytest.approx(late.pulses[0].bpm, abs=0.5)
    skipped = replace(ListedTake("c", Path("mine/c.npz")), skip_seconds=1.0)
    (later,), _ = dances_of(motion, skipped, HERE, lambda _: clicks(8, 120, 0.05))
    assert later.motion.frames <= motion.frames - 30


def test_a_song_that_cannot_be_heard_is_a_note(dancing) -> None:
    def broken(_: ListedTake) -> MusicFeatures:
        raise UnsuitableInput("one.wav: not sound")

    motion = dancing(120.0, seconds=6)
    take = ListedTake("one", Path("mine/one.npz"))
    (found,), (note,) = dances_of(motion, take, HERE, broken)
    assert "its song cannot be heard" in note and "one.wav" in note
    assert not found.pulses[0].known
    silence = MusicFeatures(np.zeros((180, layout.WIDTH), np.float32))
    _, (note,) = dances_of(motion, take, HERE, lambda _: silence)
    assert "no steady beat" in note


def test_names_of_aist_say_tempo_style_and_choreography(dancing, tmp_path: Path) -> None:
    path = tmp_path / "gHO_sBM_cAll_d20_mHO5_ch09.npz"
    save_npz(replace(dancing(120.0, seconds=6), genre=None), path)
    take = ListedTake(path.stem, path, genre="HO")
    (found,), _ = own_dances(take, Collection("AIST++", tmp_path), lambda _: None)
    assert (found.genre, found.choreography, found.dancer) == ("house", "d20_BM_ch09", "AIST d20")
    assert found.pulses[0].known and found.pulses[0].bpm == pytest.approx(135)


def test_the_folder_says_the_style_where_nothing_else_does(dancing, tmp_path: Path) -> None:
    motion = replace(dancing(120.0, seconds=3), genre=None)
    for take, style in (
        (ListedTake("a", tmp_path / "Latin_Jive" / "a.npz"), "latin jive"),
        (ListedTake("a", tmp_path / "waltz" / "motions" / "a.npz"), "waltz"),
        (ListedTake("a", tmp_path / "waltz" / "a.npz", genre="Polka"), "polka"),
        (ListedTake("a", tmp_path / "motion" / "a.npz"), tmp_path.name.replace("_", " ").lower()),
    ):
        assert style_of(take, motion, tmp_path) == style
    assert style_of(ListedTake("a", tmp_path / "x" / "a.npz"), replace(motion, genre="Salsa"),
                    tmp_path) == "salsa"  # fmt: skip


def test_jumps_part_a_file_into_pieces_with_letters(dancing) -> None:
    motion = dancing(120.0, seconds=12)
    trans = motion.trans.copy()
    trans[170:190, 0] += 3 * (-1.0) ** np.arange(20)  # a body that is thrown about
    (first, second), _ = dances_of(
        replace(motion, trans=trans), ListedTake("x", Path("mine/x.npz")), HERE, lambda _: None
    )
    assert (first.name, second.name) == ("xa", "xb") and first.group == second.group == "x"


def test_nothing_whole_is_refused(dancing) -> None:
    motion = dancing(120.0, seconds=3)
    trans = motion.trans.copy()
    trans[:, 0] += 3 * (-1.0) ** np.arange(len(trans))
    with pytest.raises(UnsuitableInput, match=r"x\.npz: no 2\.5 s"):
        dances_of(
            replace(motion, trans=trans), ListedTake("x", Path("x.npz")), HERE, lambda _: None
        )
