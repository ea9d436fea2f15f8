"""Preparing data sets: what is cached under which name, and what each music option does."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from listener import Listener

from pipelines.datasets import preparation
from pipelines.datasets.listing import ListedTake, Listing
from pipelines.datasets.paired import save_pair
from pipelines.datasets.preparation import Preparation
from pipelines.datasets.sequences import PairedSequence
from pipelines.media.audio import write_wav
from pipelines.motion.npz import save_npz
from pipelines.music.features import MusicFeatures, save_features
from pipelines.music.recipes.recipe import Recipe
from pipelines.support.errors import UnsuitableInput

FRAMES = 90


def music(frames: int = FRAMES, seed: int = 0) -> MusicFeatures:
    return MusicFeatures(np.random.default_rng(seed).normal(size=(frames, 35)).astype("f4"))


@pytest.fixture
def workspace(tmp_path: Path, dance) -> Path:
    """Three dances of three seconds: two with features, one without music."""
    for number, name in enumerate("abc"):
        save_npz(dance(number, frames=FRAMES), tmp_path / "ws" / "motions" / f"{name}.npz")
    for number, name in enumerate("ab"):
        save_features(music(seed=number), tmp_path / "ws" / "features" / f"{name}.npz")
    return tmp_path / "ws"


def prepared(folder: Path, cache: Path, *options: str, listener: Listener | None = None):
    found = Preparation(cache, options or ("paired",), 0.2, 0, listener or Listener())
    found.add(folder)
    return found


def test_dances_with_music_are_paired_and_the_others_told_what_to_do(workspace, tmp_path):
    listener = Listener()
    found = prepared(workspace, tmp_path / "cache", listener=listener)
    assert [one.take for one in found.sequences] == ["a", "b"]
    assert found.skipped == [
        f"{workspace / 'motions' / 'c.npz'}: has no music; --music warp:FOLDER or --music compose "
        "gives it some"
    ]
    assert listener.said == [f"{workspace}: workspace, 3 dances, 1 without music"]
    assert listener.done == {"pairing dances with their music": 2}


def test_pairs_stand_on_the_floor_and_know_their_group(workspace, tmp_path):
    for one in prepared(workspace, tmp_path / "cache").sequences:
        assert one.motion.fps == 30 and one.motion.frames == len(one.features) == FRAMES
        assert one.group == one.take
        assert abs(one.motion.joints()[:, [10, 11], 2].min()) < 0.2


def test_a_second_run_reads_no_motion(workspace, tmp_path, monkeypatch):
    first = prepared(workspace, tmp_path / "cache").sequences
    names = sorted(path.name for path in (tmp_path / "cache").iterdir())
    assert len(names) == 2 and all(name.startswith("pair-") for name in names)
    monkeypatch.setattr(preparation, "load_motion", None)
    again = prepared(workspace, tmp_path / "cache").sequences
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.motion.poses, other.motion.poses)
        np.testing.assert_array_equal(one.features, other.features)
        assert (one.take, one.group, one.split) == (other.take, other.group, other.split)


@pytest.mark.parametrize("changed", ["motion", "features"])
def test_changed_content_is_a_new_pair(workspace, tmp_path, dance, changed):
    prepared(workspace, tmp_path / "cache")
    if changed == "motion":
        save_npz(dance(7, frames=FRAMES), workspace / "motions" / "a.npz")
    else:
        save_features(music(seed=7), workspace / "features" / "a.npz")
    prepared(workspace, tmp_path / "cache")
    assert len(list((tmp_path / "cache").iterdir())) == 3


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 cut", b"x" * 999])
def test_a_damaged_pair_is_made_again(workspace, tmp_path, damage):
    prepared(workspace, tmp_path / "cache")
    for path in (tmp_path / "cache").iterdir():
        path.write_bytes(damage)
    assert len(prepared(workspace, tmp_path / "cache").sequences) == 2


def test_a_folder_of_pairs_is_taken_as_it_is(tmp_path, dance):
    folder = tmp_path / "pairs"
    for number in range(3):
        pair = PairedSequence(dance(number), music(seed=number).values, f"t{number}", "g", "train")
        save_pair(pair, "song", "warp", folder / f"{number}.npz")
    (folder / "1.npz").write_bytes((folder / "1.npz").read_bytes()[:800])
    found = prepared(folder, tmp_path / "cache")
    assert [one.take for one in found.sequences] == ["t0", "t2"]
    assert len(found.skipped) == 1 and found.skipped[0].startswith(f"{folder / '1.npz'}: broken")
    assert not (tmp_path / "cache").exists()


def test_one_bad_dance_costs_a_line(workspace, tmp_path):
    (workspace / "motions" / "a.npz").write_bytes(b"PK")
    found = prepared(workspace, tmp_path / "cache")
    assert [one.take for one in found.sequences] == ["b"]
    assert any("a.npz: broken" in line for line in found.skipped)


@pytest.mark.parametrize(("frames", "kept"), [(80, False), (82, True), (90, True), (300, True)])
def test_a_song_must_last_nine_tenths_of_the_dance(workspace, tmp_path, frames, kept):
    save_features(music(frames), workspace / "features" / "a.npz")
    found = prepared(workspace, tmp_path / "cache")
    assert ("a" in [one.take for one in found.sequences]) is kept
    if kept:
        (pair,) = [one for one in found.sequences if one.take == "a"]
        assert pair.motion.frames == min(FRAMES, frames)
    else:
        assert any("dances 3.0 s, but its music" in line for line in found.skipped)


def test_new_music_for_every_dance_where_their_own_is_not_asked_for(
    workspace, tmp_path, monkeypatch
):
    asked = []

    def pair_takes(takes, songs, config, progress, counts, recipe, done):
        asked.append(([take.source for take in takes], config))
        return iter(())

    monkeypatch.setattr("pipelines.datasets.pairing.pair_takes", pair_takes)
    found = prepared(workspace, tmp_path / "cache", "compose")
    ((names, config),) = asked
    assert names == ["a", "b", "c"]
    assert (config.composed_songs, config.warped_songs, config.seed) == (2, 0, 0)
    assert config.max_tempo_change == 0.2
    assert found.skipped == [f"{name}: no music could be given to it" for name in names]


def test_captures_of_an_archive_and_others_lie_in_one_folder(dance, tmp_path, monkeypatch):
    asked = []

    def pair_takes(takes, *others):
        asked.extend((take.source, take.genre) for take in takes)
        return iter(())

    monkeypatch.setattr("pipelines.datasets.pairing.pair_takes", pair_takes)
    for number, name in enumerate(("mine", "05_02", "05_01", "yours")):
        save_npz(dance(number, frames=FRAMES), tmp_path / "captures" / f"{name}.npz")
    found = prepared(tmp_path / "captures", tmp_path / "cache", "compose")
    assert asked == [("modern__05_02", "modern"), ("mine", None), ("yours", None)]
    assert [line for line in found.skipped if "05_01.npz: a walk" in line]
    assert not [line for line in found.skipped if "table" in line]


def test_new_music_is_noted_in_a_manifest_that_a_later_run_trusts(workspace, tmp_path, monkeypatch):
    from pipelines.datasets import pairing

    calls = []

    class Warped:
        def __init__(self, motion):
            self.motion = motion

    def pair_takes(takes, songs, config, progress, counts, recipe, done):
        calls.append(len(takes))
        yield pairing.PairedTake(Warped(takes[0]), music(), "a song", "compose", np.zeros(0))

    monkeypatch.setattr(pairing, "pair_takes", pair_takes)
    cache = tmp_path / "cache"
    first = prepared(workspace, cache, "paired", "compose")
    (manifest,) = cache.glob("pairing-*.json")
    record = json.loads(manifest.read_text())
    identity = manifest.stem.removeprefix("pairing-")
    assert record == {"pairs": [f"pair-{identity}-00000.npz"], "skipped": []}
    again = prepared(workspace, cache, "paired", "compose")
    assert calls == [1], "only the silent dance, and only once"
    assert [s.take for s in first.sequences] == [s.take for s in again.sequences] == ["a", "b", "c"]
    (cache / record["pairs"][0]).unlink()
    prepared(workspace, cache, "paired", "compose")
    assert calls == [1, 1], "a pair that is gone is made again"
    for count, damage in enumerate(("", "{", "[]", '{"pairs": 3, "skipped": []}', "{}"), 3):
        manifest.write_text(damage)
        assert len(prepared(workspace, cache, "paired", "compose").sequences) == 3
        assert len(calls) == count, f"a manifest that holds {damage!r} is written anew"
        assert json.loads(manifest.read_text()) == record


def test_pairing_that_was_stopped_goes_on_behind_the_last_whole_take(
    workspace, tmp_path, monkeypatch
):
    from pipelines.datasets import pairing

    class Warped:
        def __init__(self, motion):
            self.motion = motion

    stop_after, seen = 3, []

    def pair_takes(takes, songs, config, progress, counts, recipe, done):
        made = 0
        seen.append(dict(done))
        for take in takes:
            for mode in ("warp", "compose") if take.source not in done else ():
                if made == stop_after:
                    raise KeyboardInterrupt
                song = f"{mode} {take.source}"
                yield pairing.PairedTake(Warped(take), music(), song, mode, np.zeros(0))
                made += 1

    monkeypatch.setattr(pairing, "pair_takes", pair_takes)
    cache = tmp_path / "cache"
    with pytest.raises(KeyboardInterrupt):
        prepared(workspace, cache, "compose")  # in the middle of the second take
    stop_after = 100
    found = prepared(workspace, cache, "compose")
    assert seen == [{}, {"a": ["warp a"]}]
    assert [one.take for one in found.sequences] == ["a", "a", "b", "b", "c", "c"]
    (manifest,) = cache.glob("pairing-*.json")  # what was begun is noted no longer
    whole = prepared(workspace, tmp_path / "other", "compose")
    (other,) = (tmp_path / "other").glob("pairing-*.json")
    assert manifest.read_bytes() == other.read_bytes()
    for one, same in zip(found.sequences, whole.sequences, strict=True):
        assert np.array_equal(one.motion.poses, same.motion.poses)
        assert np.array_equal(one.features, same.features)


@pytest.mark.parametrize("damage", ["", "{", "3", '[["a"]]', '[["a", "gone.npz", ""]]'])
def test_what_was_begun_and_is_damaged_is_begun_anew(tmp_path, damage):
    (tmp_path / "pairing-x.part.json").write_text(damage)
    assert preparation._Begun.found(tmp_path, "x").pairs == []


def test_a_folder_that_is_missing_or_holds_nothing(tmp_path):
    with pytest.raises(UnsuitableInput, match="no such folder") as caught:
        prepared(tmp_path / "absent", tmp_path / "cache")
    assert "--data" in caught.value.hint
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnsuitableInput, match="no motion in a known layout"):
        prepared(tmp_path / "empty", tmp_path / "cache")


def test_several_folders_add_up(workspace, tmp_path):
    found = Preparation(tmp_path / "cache", ("paired",), 0.2, 0, Listener())
    found.add(workspace)
    found.add(workspace)
    assert [one.take for one in found.sequences] == ["a", "b", "a", "b"]
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_a_start_not_to_be_used_is_cut_off_dance_and_song_alike(tmp_path, dance, monkeypatch):
    motion, song = dance(0, frames=FRAMES), music()
    save_npz(motion, tmp_path / "a.npz")
    save_features(song, tmp_path / "a features.npz")
    take = ListedTake("a", tmp_path / "a.npz", features=tmp_path / "a features.npz")
    pairs = []
    for skip in (0.0, 0.5):
        listing = Listing([replace(take, skip_seconds=skip)])
        monkeypatch.setattr(preparation, "list_split", lambda *_, found=listing: ("one", found))
        pairs += prepared(tmp_path, tmp_path / "cache").sequences
    whole, part = pairs
    assert (whole.motion.frames, part.motion.frames) == (FRAMES, FRAMES - 15)
    np.testing.assert_array_equal(part.features, whole.features[15:])
    np.testing.assert_array_equal(part.features, song.values[15:])
    np.testing.assert_allclose(part.motion.poses, whole.motion.poses[15:], atol=1e-6)


def loudest(samples):
    """A number for every 40 ms."""
    return np.abs(samples[: len(samples) // 40 * 40]).reshape(-1, 40).max(1)[:, None]


LOUD = Recipe("loud", "loud1-25fps", 1, 25.0, 1000, loudest)


@pytest.fixture
def sounding(workspace) -> Path:
    """The first dance has a song, louder and louder; the second the 35 features only."""
    (workspace / "features" / "a.npz").unlink()
    sound = np.linspace(0, 0.9, 3 * 16_000)
    (workspace / "music").mkdir()
    write_wav(workspace / "music" / "a.wav", sound, 16_000)
    return workspace


def by_recipe(folder, cache, recipe=LOUD, *options):
    found = Preparation(cache, options or ("paired",), 0.2, 0, Listener(), None, recipe)
    found.add(folder)
    return found


def test_songs_are_heard_by_the_recipe_that_is_asked_for(sounding, tmp_path):
    for _ in range(2):  # as prepared, and as kept
        found = by_recipe(sounding, tmp_path / "cache")
        (one,) = found.sequences
        assert one.take == "a" and one.features.shape == (90, 35)
        assert (one.heard.values.shape, one.heard.fps) == ((75, 1), 25.0)
        np.testing.assert_allclose(one.heard.values[:, 0], np.linspace(0, 0.9, 75), atol=0.03)
        (line,) = [line for line in found.skipped if "b.npz" in line]
        assert "the 35 features only, and loud is heard in sound" in line
    plain = prepared(sounding, tmp_path / "cache")
    assert [one.heard for one in plain.sequences] == [None, None]


def test_pairs_without_sound_cannot_serve_another_recipe(sounding, tmp_path):
    prepared(sounding, tmp_path / "plain")
    by_recipe(sounding, tmp_path / "heard")
    for folder in ("plain", "heard"):
        for path in (tmp_path / folder).glob("music-*"):
            path.unlink()
    (one,) = by_recipe(tmp_path / "heard", tmp_path / "cache").sequences
    assert one.heard.frames == 75
    other = replace(LOUD, name="quiet", schema="quiet1-25fps")
    for folder, recipe, kept in (
        ("plain", LOUD, "the 35 features alone"), ("heard", other, "loud1-25fps"),
    ):  # fmt: skip
        with pytest.raises(UnsuitableInput, match=rf"pair-.*\.npz: keeps {kept}, not") as refused:
            by_recipe(tmp_path / folder, tmp_path / "cache", recipe)
        assert f"--music-features {recipe.name}" in refused.value.hint
    assert prepared(tmp_path / "heard", tmp_path / "cache").sequences[0].take == "a"


def test_new_music_is_heard_by_the_recipe_too(sounding, tmp_path, monkeypatch):
    asked = []

    def pair_takes(takes, songs, config, progress, counts, recipe, done):
        asked.append(recipe)
        return iter(())

    monkeypatch.setattr("pipelines.datasets.pairing.pair_takes", pair_takes)
    by_recipe(sounding, tmp_path / "cache", LOUD, "compose")
    assert asked == [LOUD]
