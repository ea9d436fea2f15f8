from __future__ import annotations

import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from listener import Listener

from pipelines.datasets import pairing
from pipelines.datasets.pairing import PairedTake, PairingConfig, compose_for, pair_takes
from pipelines.datasets.song_library import Song, read_song
from pipelines.motion.formats import load_motion
from pipelines.motion.motion import Motion
from pipelines.music.beats import beat_times, nearest_beat_distance
from pipelines.music.features import FEATURE_SCHEMA, MusicFeatures
from pipelines.rhythm.beat_coupling import BeatCoupling, beat_coupling
from pipelines.rhythm.pulses import Pulses
from pipelines.rhythm.step_cycle import foot_speeds, step_cycles
from pipelines.rhythm.warping import WarpedTake
from pipelines.support.errors import BadUsage

Stepping = Callable[..., Motion]


def song(bpm: float, seconds: float = 60.0) -> Song:
    """A song that is nothing but its beats, 50 ms late as the tracker has them."""
    beats = np.arange(0.2, seconds, 60 / bpm)
    values = np.zeros((int(seconds * 30), 35), dtype="f4")
    values[np.minimum(len(values) - 1, np.round((beats + 0.05) * 30).astype(int)), 34] = 1
    values[:, 0] = np.arange(len(values))
    return Song(f"{bpm:g}.wav", MusicFeatures(values), beats)


SONGS = [song(bpm) for bpm in (80, 90, 100, 110, 120, 130, 160)]


def check(pair: PairedTake) -> None:
    motion, values = pair.warped.motion, pair.features.values
    assert values.shape == (motion.frames, 35) and pair.features.schema == FEATURE_SCHEMA
    assert motion.fps == 30 and motion.frames > 150
    heard = beat_times(pair.features)
    inside = pair.beats[(pair.beats > 0.5) & (pair.beats < motion.seconds - 0.5)]
    assert np.median(nearest_beat_distance(inside, heard)) < 0.07
    speed = foot_speeds(motion).sum(axis=1)
    assert beat_coupling(speed, pair.beats, 30).resultant > 0.9


def test_warped_pairs(stepping: Stepping) -> None:
    takes = [stepping(96, 14), stepping(118, 14, drift=0.05)]
    config = PairingConfig(warped_songs=3, composed_songs=0, seed=5)
    pairs = list(pair_takes(takes, SONGS, config))
    assert len(pairs) == 6
    for pair in pairs:
        check(pair)
        assert pair.mode == "warp" and abs(pair.warped.speed - 1) <= 0.2
        first = pair.warped.first_frame
        np.testing.assert_array_equal(
            pair.features.values[:, 0], first + np.arange(pair.warped.motion.frames)
        )
    for take in (pairs[:3], pairs[3:]):
        assert len({pair.song for pair in take}) == 3
    again = list(pair_takes(takes, SONGS, config))
    for one, two in zip(pairs, again, strict=True):
        assert one.song == two.song
        np.testing.assert_array_equal(one.warped.motion.poses, two.warped.motion.poses)
    other = list(pair_takes(takes, SONGS, PairingConfig(3, 0, seed=6)))
    assert [p.warped.first_frame for p in other] != [p.warped.first_frame for p in pairs]


def test_takes_that_are_done_are_passed_over_and_the_rest_get_what_they_would_have_got(
    stepping: Stepping,
) -> None:
    takes = [replace(stepping(bpm, 14), source=f"take {bpm}") for bpm in (96, 118, 104)]
    config = PairingConfig(warped_songs=2, composed_songs=0)
    whole = list(pair_takes(takes, SONGS, config))
    songs = [pair.song for pair in whole if pair.warped.motion.source == "take 96"]
    assert len(songs) == 2
    rest = list(pair_takes(takes, SONGS, config, done={"take 96": songs}))
    assert [pair.song for pair in rest] == [pair.song for pair in whole[2:]]


def test_composed_pair(stepping: Stepping) -> None:
    take = stepping(104, 12)
    pair = compose_for(take, step_cycles(take), np.random.default_rng(2))
    assert pair is not None
    assert pair.mode == "compose" and pair.song.startswith("composed-")
    assert abs(pair.warped.speed - 1) < 0.2
    check(pair)


def test_takes_that_cannot_be_paired_are_named(stepping: Stepping) -> None:
    listener = Listener()
    still = stepping(100)
    still.poses[:] = still.poses[0]
    pairs = pair_takes([still, stepping(100, 2.0)], SONGS, PairingConfig(1, 0), listener)
    assert list(pairs) == []
    assert len(listener.warned) == 2 and "do not move" in listener.warned[0]
    none = pair_takes([stepping(100, 10)], [song(18, 200)], PairingConfig(1, 0), listener)
    assert list(none) == [] and "no song fits" in listener.warned[-1]


def test_config_is_checked() -> None:
    for config in (
        PairingConfig(-1, 2),
        PairingConfig(0, 0),
        PairingConfig(max_tempo_change=0.0),
        PairingConfig(max_tempo_change=0.8),
    ):
        with pytest.raises(BadUsage):
            config.validate()


def test_real_salsa_locks_to_a_real_song(shared_data: Path, tmp_path: Path) -> None:
    archive = shared_data / "motion" / "cmu-60-61-salsa.tar.xz"
    with tarfile.open(archive) as stream:
        member = next(m for m in stream if m.name.endswith("61_05_scaled.bvh"))
        stream.extract(member, tmp_path, filter="data")
    take = load_motion(tmp_path / member.name, fps_override=60).resampled(30)
    music = read_song(shared_data / "music/superpowers_cc0/ninja-adventure__musics__theme-13.ogg")
    (pair,) = pair_takes([take], [music], PairingConfig(1, 0))
    speed = foot_speeds(pair.warped.motion).sum(axis=1)
    beats = pair.beats
    locked = beat_coupling(speed, beats, 30)
    shifted = beat_coupling(speed, beats + 30 / 90, 30)
    foreign = beat_coupling(speed, np.arange(0.1, 40, 60 / 105), 30)
    assert locked.resultant > 0.7
    assert abs(np.angle(np.exp(1j * (shifted.mean_phase - locked.mean_phase)))) > 3.0
    assert foreign.resultant < 0.35


def warped(motion: Motion, first_frame: int) -> WarpedTake:
    return WarpedTake(motion, first_frame, 1.0, 1.0, BeatCoupling(0.9, 0.0))


def test_features_and_beats_begin_with_the_dance_not_with_the_song(stepping: Stepping) -> None:
    take, music = stepping(100, 10), song(120, 30)
    pair = pairing._cut(warped(take, 45), music.features, "a song", "warp", music.beats)
    assert pair.warped.motion.frames == take.frames == pair.features.frames
    np.testing.assert_array_equal(pair.features.values[:, 0], 45 + np.arange(take.frames))
    inside = [beat - 1.5 for beat in music.beats if 1.5 <= beat < 1.5 + take.seconds]
    np.testing.assert_allclose(pair.beats, inside)


def test_what_a_recipe_hears_begins_with_the_dance_too(stepping: Stepping) -> None:
    """At 25 a second: nearest to frame 46 is row 38."""
    take, music = stepping(100, 10), song(120, 30)
    rows = np.arange(750, dtype=np.float32)[:, None]
    heard = MusicFeatures(rows, 25.0, "count1-25fps")
    pair = pairing._cut(warped(take, 46), music.features, "a song", "warp", music.beats, heard)
    assert pair.heard is not None and pair.heard.fps == 25.0
    count = -(-take.frames * 25 // 30)
    np.testing.assert_array_equal(pair.heard.values[:, 0], 38 + np.arange(count))


def test_a_dance_that_outlasts_its_song_is_cut(stepping: Stepping) -> None:
    take, music = stepping(100, 10), song(120, 8)
    pair = pairing._cut(warped(take, 60), music.features, "a song", "warp", music.beats)
    assert pair.warped.motion.frames == pair.features.frames == 8 * 30 - 60
    np.testing.assert_array_equal(pair.warped.motion.poses, take.poses[:180])
    assert (pair.warped.first_frame, pair.warped.locking.resultant) == (60, 0.9)
    assert pair.beats.max() < 6


def test_lively_bars_are_played_fuller_and_untouched_ones_halfway(stepping: Stepping) -> None:
    """At 120 a bar lasts two seconds: the dancer rests in the third of four, from bar 1 on."""
    take = stepping(120, 8)
    poses = take.poses.copy()
    poses[120:180] = poses[120]
    resting = replace(take, poses=poses, trans=np.zeros_like(take.trans))
    accents, energy = pairing._accents_and_energy(warped(resting, 60), 120.0, 12.0)
    assert energy.shape == (7,)
    assert energy.min() >= 0.4 and energy.max() <= 1.0
    assert energy[3] == energy[1:5].min() == pytest.approx(0.4, abs=0.06)
    assert energy[[0, 5, 6]] == pytest.approx(0.5), "nobody dances there"
    assert (accents >= 2).all() and (accents < 10).all() and len(accents) == 3
    assert (np.diff(accents) > 0).all()


def test_agreement_is_the_f_measure_of_what_the_tracker_hears() -> None:
    music = song(120, 20)
    assert pairing._agreement(music.features, music.beats) == pytest.approx(1, abs=0.03)
    half = pairing._agreement(music.features, music.beats[::2])
    assert half == pytest.approx(2 / 3, abs=0.03), "all heard, every second one written"
    assert pairing._agreement(music.features, music.beats + 0.2) == 0
    assert pairing._agreement(music.features, np.zeros(0)) == 0
    silent = MusicFeatures(np.zeros((60, 35), "f4"))
    assert pairing._agreement(silent, music.beats) == 0


def test_no_song_dominates(stepping: Stepping) -> None:
    """Two songs fit eight takes equally well: after each use the other one is preferred."""
    takes = [stepping(100, 6, drift=0.001 * k) for k in range(8)]
    pairs = list(pair_takes(takes, [song(100), replace(song(100), name="b")], PairingConfig(1, 0)))
    uses = [sum(pair.song == name for pair in pairs) for name in ("100.wav", "b")]
    assert sum(uses) == 8 and min(uses) >= 3


@pytest.mark.parametrize(
    ("genre", "styles"),
    [("salsa", {"salsa", "house", "pop", "folk", "hiphop"}), ("breakdance", {"hiphop", "house"}),
     ("modern", {"pop", "folk", "house"})],
)  # fmt: skip
def test_a_genre_is_composed_for_in_its_own_styles(stepping, monkeypatch, genre, styles) -> None:
    asked = set()

    def composed(seconds, bpm, style, *_):
        asked.add(style)
        return np.zeros(1)

    monkeypatch.setattr(pairing, "compose", composed)
    monkeypatch.setattr(pairing, "extract_features", lambda *_: MusicFeatures(np.zeros((9, 35))))
    take = replace(stepping(100, 5), genre=genre)
    cycles, rng = step_cycles(take), np.random.default_rng(0)
    for _ in range(8):
        assert compose_for(take, cycles, rng) is None, "no beats are heard: no song"
    assert asked == styles


def test_a_take_with_a_true_count_keeps_one_count_to_a_beat(stepping: Stepping) -> None:
    take = replace(stepping(96, 14), source="take")
    true = Pulses(np.arange(0, 15, 60 / 96), 0.6, known=True)
    config = PairingConfig(warped_songs=6, composed_songs=1, seed=5)
    pairs = list(pair_takes([take], SONGS, config, counts={"take": (true,)}))
    warped = [pair for pair in pairs if pair.mode == "warp"]
    # Songs at half or double that count would fit the steps as well, and are left.
    assert {pair.song for pair in warped} == {"80.wav", "90.wav", "100.wav", "110.wav"}
    (composed,) = (pair for pair in pairs if pair.mode == "compose")
    assert np.median(np.diff(composed.beats)) == pytest.approx(60 / 96, abs=1e-6)
    assert composed.warped.speed == pytest.approx(1, abs=0.005)
    for pair in pairs:
        assert pair.warped.steps_per_beat == 1
