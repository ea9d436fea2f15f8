from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from pipelines.metrics.feet import foot_skating_ratio
from pipelines.metrics.joints import foot_speed
from pipelines.metrics.phase_locking import phase_locking, shifted_control
from pipelines.motion_expert.library.dancer import LibraryDancer
from pipelines.motion_expert.library.search import SearchConfig
from pipelines.motion_expert.library.song_plan import plan_song
from pipelines.motion_expert.library.storage import Library
from pipelines.music.features import FEATURE_SCHEMA
from pipelines.support.errors import BadUsage, UnsuitableInput

Features = Callable[..., np.ndarray]


@pytest.fixture(scope="module")
def dancer(library: Library) -> LibraryDancer:
    return LibraryDancer(library)


@pytest.mark.parametrize("bpm", [0, 40, 75, 120, 168, 220])
@pytest.mark.parametrize("seconds", [0.5, 2, 11.3])
def test_every_song_gets_a_dance_of_its_length(
    dancer: LibraryDancer, song: Features, bpm: float, seconds: float
) -> None:
    features = song(seconds, bpm)
    motion, contacts, facts = dancer.dance(features, FEATURE_SCHEMA)[0]
    assert motion.frames == len(features) == len(contacts)
    motion.validate()
    assert bool(facts["notes"]) == (not facts["steady"])


@pytest.mark.parametrize(
    ("seconds", "bpm", "per_bar"), [(12, 150, 3), (11.3, 40, 3), (2, 220, 4), (600, 120, 4)]
)
def test_waltzes_and_the_shortest_and_longest_songs_are_danced(
    library: Library, song: Features, seconds: float, bpm: float, per_bar: int
) -> None:
    quick = LibraryDancer(library, SearchConfig(width=8, shortlist=60, fan=8))
    features = np.tile(song(min(seconds, 20), bpm, per_bar), (max(1, round(seconds / 20)), 1))
    motion, contacts, facts = quick.dance(features, FEATURE_SCHEMA)[0]
    assert motion.frames == len(contacts) == round(seconds * 30)
    motion.validate()
    assert not facts["notes"] and facts["per_bar"] in (3, 4)
    speed = np.linalg.norm(np.diff(motion.joints(), axis=0), axis=-1).mean(1) * 30
    assert speed.mean() > 0.3


def test_a_song_of_two_tempi_is_danced_with_a_word_about_it(
    dancer: LibraryDancer, song: Features
) -> None:
    features = np.concatenate([song(14, 90, delay=0.0), song(14, 140, delay=0.0)])
    motion, _, facts = dancer.dance(features, FEATURE_SCHEMA)[0]
    assert motion.frames == len(features)
    assert any("changes between 90 and 1" in note for note in facts["notes"])


def test_a_phrase_that_comes_again_is_danced_again_and_at_once_to_the_other_side(
    dancer: LibraryDancer, song: Features
) -> None:
    """A A B A, as units of the dance: bar by bar what was danced and which way round."""
    form = "abcd" * 2 + "efgh" + "abcd"
    parts = dancer.dance(song(32.05, 120, form=form, delay=0.05), FEATURE_SCHEMA)[0][2]["parts"]

    def danced(bar: int) -> tuple[str, float, bool]:
        at = 2.0 * bar + 0.2
        part = next(p for p in parts if p["start"] <= at < p["start"] + p["seconds"])
        into = round((at - part["start"]) / 2.0 - 0.1) if part["seconds"] > 2.5 else 0
        return part["take"], round(part["take_start"] + 2.0 * into, 1), part["mirrored"]

    bars = [danced(bar) for bar in range(16)]
    other = [(take, at, not mirrored) for take, at, mirrored in bars[:4]]
    assert sum(a[0] == b[0] and a[2] == b[2] for a, b in zip(bars[4:8], other, strict=True)) >= 3
    assert sum(a[0] == b[0] and a[2] == b[2] for a, b in zip(bars[12:], bars, strict=False)) >= 3


def test_same_seed_same_dance_and_other_seeds_other_dances(
    dancer: LibraryDancer, song: Features
) -> None:
    features = song(20)
    first, second = (dancer.dance(features, FEATURE_SCHEMA, seed=3)[0][0] for _ in range(2))
    assert first.poses.tobytes() == second.poses.tobytes()
    both = dancer.dance(features, FEATURE_SCHEMA, seed=3, candidates=2)
    assert both[0][0].poses.tobytes() == first.poses.tobytes()
    assert both[1][0].poses.tobytes() != first.poses.tobytes()


def test_steps_fall_on_the_song_and_move_with_it(dancer: LibraryDancer, song: Features) -> None:
    features = song(30, 118)
    motion, _, _ = dancer.dance(features, FEATURE_SCHEMA)[0]
    beats = plan_song(features).pulses
    speed = foot_speed(motion.joints(), 30)
    own = phase_locking(speed, beats, 30)
    assert own.resultant > 0.7
    assert phase_locking(speed, beats * 0.83, 30).resultant < 0.35
    turned = np.angle(np.exp(1j * (own.phase - shifted_control(speed, beats, 30).phase)))
    assert abs(turned) > 2.5


def test_styles_over_time(dancer: LibraryDancer, song: Features) -> None:
    features = song(24, 110)
    facts = dancer.dance(
        features, FEATURE_SCHEMA, styles=[(0.0, "Krump"), (12.0, "locking")]
    )[0][2]  # fmt: skip
    early = {p["genre"] for p in facts["parts"] if p["start"] + p["seconds"] < 12}
    late = {p["genre"] for p in facts["parts"] if p["start"] > 12}
    assert early == {"krump"} and late == {"lock"}


def test_couples_and_dances_of_their_own_only_when_asked_for(
    dancer: LibraryDancer, song: Features
) -> None:
    names = {
        part["genre"]
        for _, _, facts in dancer.dance(song(20, 100), FEATURE_SCHEMA, candidates=3)
        for part in facts["parts"]
    }
    assert names <= {"house", "lock"}
    motion, _, facts = dancer.dance(song(10, 100), FEATURE_SCHEMA, styles=[(0, "salsa")])[0]
    assert motion.genre == "salsa" and {p["take"] for p in facts["parts"]} == {"s0"}


def test_no_more_than_two_bars_of_a_take_in_a_row(dancer: LibraryDancer, song: Features) -> None:
    for _, _, facts in dancer.dance(song(40, 120), FEATURE_SCHEMA, candidates=3):
        assert max(part["seconds"] for part in facts["parts"]) <= 6.0


def test_feet_stand_and_the_dancer_faces_the_camera(dancer: LibraryDancer, song: Features) -> None:
    motion, _, facts = dancer.dance(song(20, 115), FEATURE_SCHEMA)[0]
    joints = motion.joints()
    assert foot_skating_ratio(joints, 30).ratio < 0.1
    across = (joints[:, 1, :2] - joints[:, 2, :2]).mean(0)
    assert across[0] > 0.9 * np.linalg.norm(across)
    assert np.abs(joints[:, 0, :2]).max() < 2
    jerk = np.linalg.norm(np.diff(joints, n=3, axis=0), axis=-1).mean(1)
    near = np.zeros(len(jerk), bool)
    for join in facts["joins"]:
        near[max(0, join - 9) : join + 6] = True
    assert jerk[near].mean() < 2 * jerk[~near].mean()


def test_comes_to_rest_at_the_end(dancer: LibraryDancer, song: Features) -> None:
    motion, _, _ = dancer.dance(song(12.0, 120), FEATURE_SCHEMA)[0]
    speed = np.linalg.norm(np.diff(motion.joints(), axis=0), axis=-1).mean(1) * 30
    assert speed[-2:].mean() < 0.6 * speed[:-20].mean()


def test_energy_chooses_calmer_and_wilder_dance(dancer: LibraryDancer, song: Features) -> None:
    features = song(30, 118)
    calm, wild = (
        np.linalg.norm(
            np.diff(dancer.dance(features, FEATURE_SCHEMA, energy=e)[0][0].joints(), axis=0),
            axis=-1,
        ).mean()
        for e in (0.0, 1.0)
    )
    assert wild > 1.02 * calm


def test_a_library_of_one_short_take_still_dances(library: Library, song: Features) -> None:
    one = LibraryDancer(replace(library, takes=library.takes[:1]))
    motion, _, _ = one.dance(song(9, 90), FEATURE_SCHEMA)[0]
    assert motion.frames == 270


def test_refuses_what_it_does_not_know(dancer: LibraryDancer, song: Features) -> None:
    features = song(3)
    with pytest.raises(BadUsage, match="--genre tango") as caught:
        dancer.dance(features, FEATURE_SCHEMA, styles=[(0, "tango")])
    assert "house, krump, lock, salsa" in str(caught.value.hint)
    with pytest.raises(UnsuitableInput, match="music features are other"):
        dancer.dance(features, "other")
    with pytest.raises(BadUsage, match="--energy"):
        dancer.dance(features, FEATURE_SCHEMA, energy=1.5)
    with pytest.raises(UnsuitableInput, match=r"\(90, 34\)"):
        dancer.dance(features[:, :34], FEATURE_SCHEMA)


def test_needs_no_torch() -> None:
    code = "import sys, pipelines.motion_expert.library.dancer; print('torch' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"


def test_a_minute_takes_seconds(dancer: LibraryDancer, song: Features) -> None:
    features = song(60)
    start = time.process_time()
    dancer.dance(features, FEATURE_SCHEMA)
    assert time.process_time() - start < 5
