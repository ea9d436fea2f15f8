"""Paired files: keys, round trip, one length for dance and song, groups, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.datasets.paired import group_of, is_paired, load_pair, paired, save_pair
from pipelines.datasets.sequences import PairedSequence
from pipelines.motion.npz import load_npz, save_npz
from pipelines.music.features import FEATURE_SCHEMA, MusicFeatures
from pipelines.support.errors import UnsuitableInput


def features(frames: int = 90, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(frames, 35)).astype("f4")


@pytest.fixture
def sequence(dance) -> PairedSequence:
    motion = replace(dance(0), genre="salsa")
    return PairedSequence(motion, features(), "60_03a", "60_03", "train")


def changed(path: Path, **changes: object) -> Path:
    """The archive with some arrays replaced, or dropped where None is given."""
    with np.load(path) as archive:
        values = {**{key: archive[key] for key in archive.files}, **changes}
    np.savez(path, **{key: value for key, value in values.items() if value is not None})
    return path


def test_keys_that_the_format_promises(sequence, tmp_path) -> None:
    save_pair(sequence, "song.wav", "warp", tmp_path / "p.npz")
    with np.load(tmp_path / "p.npz", allow_pickle=False) as archive:
        assert sorted(archive.files) == sorted(
            ["poses", "trans", "fps", "features", "schema", "genre", "take", "group", "split",
             "song", "mode"]
        )  # fmt: skip
        assert archive["poses"].shape == (90, 72) and archive["features"].shape == (90, 35)
        assert str(archive["schema"]) == FEATURE_SCHEMA
        assert (str(archive["song"]), str(archive["mode"])) == ("song.wav", "warp")


def test_round_trip_bit_by_bit(sequence, tmp_path) -> None:
    for name in ("p", "q"):
        save_pair(sequence, "song.wav", "paired", tmp_path / f"{name}.npz")
    assert (tmp_path / "p.npz").read_bytes() == (tmp_path / "q.npz").read_bytes()
    back = load_pair(tmp_path / "p.npz")
    np.testing.assert_array_equal(back.motion.poses, sequence.motion.poses)
    np.testing.assert_array_equal(back.motion.trans, sequence.motion.trans)
    np.testing.assert_array_equal(back.features, sequence.features)
    assert (back.take, back.group, back.split, back.genre) == ("60_03a", "60_03", "train", "salsa")


def test_a_pair_is_a_motion_file_too(sequence, tmp_path) -> None:
    """`render` and `evaluate` can show what was trained on."""
    save_pair(sequence, "song.wav", "paired", tmp_path / "p.npz")
    motion = load_npz(tmp_path / "p.npz")
    np.testing.assert_array_equal(motion.poses, sequence.motion.poses)
    assert motion.fps == 30


def test_older_pairs_without_group_and_split(sequence, tmp_path) -> None:
    save_pair(sequence, "song.wav", "paired", tmp_path / "p.npz")
    back = load_pair(changed(tmp_path / "p.npz", group=None, split=None))
    assert (back.group, back.split) == ("60_03", "")


def test_a_couple_is_told(sequence, tmp_path) -> None:
    save_pair(sequence, "song.wav", "paired", tmp_path / "p.npz")
    assert not load_pair(tmp_path / "p.npz").couple
    save_pair(replace(sequence, couple=True), "song.wav", "paired", tmp_path / "p.npz")
    assert load_pair(tmp_path / "p.npz").couple


def test_no_genre_is_an_empty_one(sequence, tmp_path) -> None:
    nameless = replace(sequence, motion=replace(sequence.motion, genre=None))
    save_pair(nameless, "", "paired", tmp_path / "p.npz")
    back = load_pair(tmp_path / "p.npz")
    assert back.genre == "" and back.motion.genre is None


@pytest.mark.parametrize("key", ["poses", "trans", "fps", "features", "schema", "genre", "take"])
def test_a_missing_key_is_named(sequence, tmp_path, key) -> None:
    save_pair(sequence, "song.wav", "paired", tmp_path / "p.npz")
    with pytest.raises(UnsuitableInput, match=rf"p\.npz: lacks {key}"):
        load_pair(changed(tmp_path / "p.npz", **{key: None}))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"schema": np.str_("essentia-35")}, f'"essentia-35", training reads "{FEATURE_SCHEMA}"'),
        ({"features": features(59)}, "the dance has 90 frames, its music 59"),
        ({"features": features(121)}, "they do not belong together"),
        ({"features": np.zeros((90, 34), "f4")}, r"features are \(90, 34\), expected \(T, 35\)"),
        ({"features": np.full((90, 35), np.inf, "f4")}, "music features hold NaN or infinity"),
        ({"poses": np.full((90, 72), np.nan, "f4")}, "NaN or infinity, first in frame 0"),
        ({"poses": np.zeros((90, 71), "f4")}, "71 columns"),
        ({"poses": np.zeros((30, 72), "f4")}, "trans is"),
        ({"fps": np.float64(0)}, "frame rate 0.0"),
    ],
)
def test_bad_pairs_are_refused_with_file_and_reason(sequence, tmp_path, changes, says) -> None:
    save_pair(sequence, "song.wav", "paired", tmp_path / "p.npz")
    with pytest.raises(UnsuitableInput, match=says) as caught:
        load_pair(changed(tmp_path / "p.npz", **changes))
    assert "p.npz" in caught.value.what


@pytest.mark.parametrize("kept", [0, 20, 2000, -60])
def test_cut_off_files_are_refused(sequence, tmp_path, kept) -> None:
    save_pair(sequence, "song.wav", "paired", tmp_path / "p.npz")
    (tmp_path / "p.npz").write_bytes((tmp_path / "p.npz").read_bytes()[:kept])
    with pytest.raises(UnsuitableInput, match=r"p\.npz: broken \.npz"):
        load_pair(tmp_path / "p.npz")
    assert not is_paired(tmp_path)


def test_python_objects_are_never_unpickled(sequence, tmp_path) -> None:
    save_pair(sequence, "song.wav", "paired", tmp_path / "p.npz")
    path = changed(tmp_path / "p.npz", take=np.array([{}], dtype=object))
    with pytest.raises(UnsuitableInput, match="holds Python objects"):
        load_pair(path)


def test_a_folder_of_pairs_is_known_by_the_first_that_can_be_read(sequence, tmp_path) -> None:
    assert not is_paired(tmp_path)
    (tmp_path / "a.npz").write_bytes(b"PK\x03\x04 cut")
    save_pair(sequence, "song.wav", "paired", tmp_path / "b.npz")
    assert is_paired(tmp_path)
    save_npz(sequence.motion, tmp_path / "a.npz")
    assert not is_paired(tmp_path)


def test_half_a_second_too_many_is_cut_off_either_side(dance) -> None:
    for dance_frames, music_frames in ((90, 75), (75, 90), (90, 120)):
        found = paired(dance(0, dance_frames), features(music_frames), "a", "a")
        length = min(dance_frames, music_frames)
        assert found.motion.frames == len(found.features) == length
        np.testing.assert_array_equal(found.features, features(music_frames)[:length])


@pytest.mark.parametrize("fps", [24.0, 60.0, 120.0])
def test_other_rates_are_brought_to_thirty(dance, fps) -> None:
    found = paired(dance(0, frames=round(3 * fps), fps=fps), features(90), "a", "g", "test")
    assert (found.motion.fps, found.motion.frames) == (30.0, 90)
    assert (found.take, found.group, found.split) == ("a", "g", "test")


def test_the_dance_is_named_by_its_take_where_it_has_no_source(dance) -> None:
    with pytest.raises(UnsuitableInput, match=r"^take 7: features are"):
        paired(replace(dance(0), source=""), features()[:, :3], "take 7", "g")


@pytest.mark.parametrize(
    ("take", "group"),
    [
        ("60_03", "60_03"), ("61_03", "60_03"), ("60_03b", "60_03"), ("19_05", "18_05"),
        ("21_01", "20_01"), ("23_02", "22_02"), ("34_10c", "33_10"), ("62_03", "62_03"),
        ("salsa__61_09a", "salsa__60_09"), ("take 61_09", "take 60_09"),
        ("dance_03", "dance_03"), ("161_03", "161_03"), ("61_003", "61_003"),
        ("61_03AB", "61_03AB"),
        ("061_03", "061_03"), ("", ""),
    ],
)  # fmt: skip
def test_groups(take, group) -> None:
    assert group_of(take) == group


@given(st.integers(0, 99), st.integers(0, 99), st.sampled_from(["", "a", "z"]))
def test_a_group_is_its_own_group(subject, number, piece) -> None:
    group = group_of(f"{subject:02d}_{number:02d}{piece}")
    assert group_of(group) == group


def test_what_is_heard_by_a_recipe_is_kept_at_its_own_rate(sequence, tmp_path) -> None:
    values = np.random.default_rng(1).normal(size=(80, 4)).astype("f4")  # a little more than 3 s
    heard = replace(sequence, heard=MusicFeatures(values, 25.0, "four4-25fps"))
    save_pair(heard, "song.wav", "paired", tmp_path / "p.npz")
    back = load_pair(tmp_path / "p.npz").heard
    assert back is not None and (back.fps, back.schema) == (25.0, "four4-25fps")
    np.testing.assert_array_equal(back.values, values[:75])
    assert load_pair(changed(tmp_path / "p.npz", heard=None)).heard is None
    for change, said in (
        ({"heard": values[:0]}, "not finite"),
        ({"heard": values * np.nan}, "not finite"),
        ({"heard": values, "heard_fps": None}, "is damaged"),
        ({"heard": values[:40], "heard_fps": 25.0}, "end after 1.6 s"),
    ):
        save_pair(heard, "song.wav", "paired", tmp_path / "p.npz")
        with pytest.raises(UnsuitableInput, match=said):
            load_pair(changed(tmp_path / "p.npz", **change))
