from __future__ import annotations

import json
from pathlib import Path

import motion_quality as quality
import numpy as np
import pytest
from quality.clips import Clip
from quality.copying import Originals, longest_run
from quality.joins import join_jerk, join_slide
from quality.measures import facing_angles
from quality.performing import Call, Performer, load_danced, save_danced
from quality.real_dance import parted
from quality.table import markdown

from pipelines.body.skeleton import MIRROR
from pipelines.datasets.song_library import Song
from pipelines.motion.motion import Motion
from pipelines.motion_expert.experts import EXPERTS
from pipelines.motion_expert.interface import Danced
from pipelines.motion_expert.library.header import SHIPPED
from pipelines.motion_expert.library.storage import load_library, save_library
from pipelines.music.features import MusicFeatures
from pipelines.support.errors import BadUsage, UnsuitableInput


def clip_of(joints: np.ndarray) -> Clip:
    return Clip(joints, np.arange(0, 8, 0.5), "house", "song", "song")


def held_out() -> list[str]:
    return (quality.EXAMPLES / "held_out_takes.txt").read_text().splitlines()


def test_no_dancer_and_no_choreography_is_on_both_sides() -> None:
    library = load_library(SHIPPED)
    rest, held = parted(library, held_out())
    assert len(rest.takes) + len(held) == len(library.takes) and len(held) > 30
    assert not {t.group for t in held} & {t.group for t in rest.takes}
    ours = {t.dancer for t in held if t.collection == "AIST++"}
    assert not ours & {t.dancer for t in rest.takes}
    known = {t.dancer for t in library.takes} | {t.group for t in library.takes}
    assert set(held_out()) <= known


def test_the_rest_of_a_library_is_a_library_with_the_same_takes(tmp_path: Path) -> None:
    library = load_library(SHIPPED)
    rest, _ = parted(library, held_out())
    save_library(rest, tmp_path)
    kept, number = load_library(tmp_path), len(rest.takes) - 1
    before = next(t for t in library.takes if t.name == kept.takes[number].name)
    np.testing.assert_array_equal(
        kept.recorded(kept.takes[number]).poses, library.recorded(before).poses
    )
    for ours, theirs in zip(kept.counts(kept.takes[number]), library.counts(before), strict=True):
        np.testing.assert_allclose(ours.times, theirs.times)
        assert ours.known == theirs.known


def test_facing_is_an_angle_to_the_camera() -> None:
    joints = np.zeros((4, 24, 3))
    for frame, (x, y) in enumerate([(1, 0), (-1, 0), (0, 1), (1, 1)]):
        joints[frame, 1, :2], joints[frame, 2, :2] = [x, y], [-x, -y]
    assert facing_angles(joints) == pytest.approx([0, np.pi, np.pi / 2, np.pi / 4])


def test_a_jolt_at_a_join_shows_and_one_elsewhere_does_not() -> None:
    joints = np.random.default_rng(0).normal(size=(200, 24, 3)) * 1e-3
    joints[100:] += 0.1
    assert join_jerk([clip_of(joints)], [[100]]) > 3
    assert join_jerk([clip_of(joints)], [[40]]) < 1


def test_only_slides_near_joins_count() -> None:
    joints = np.zeros((200, 24, 3))
    joints[:, [7, 8], 2] = 0.06
    joints[100:, :, 0] += np.minimum(np.arange(100), 5)[:, None] * 0.02
    assert join_slide([clip_of(joints)], [[102]]) > 0.2
    assert join_slide([clip_of(joints)], [[30]]) == 0


def test_a_copy_is_not_new_and_neither_is_its_mirror_image() -> None:
    joints = np.random.default_rng(1).normal(size=(90, 24, 3)).cumsum(0) * 0.02
    original = clip_of(joints)
    originals = Originals([original])
    mirrored = clip_of(joints[:, list(MIRROR)] * [-1, 1, 1])
    other = clip_of(joints[::-1] + np.linspace(0, 1, 24)[:, None])
    assert originals.copying([original], 0.01).novelty < 1e-3
    assert originals.copying([mirrored], 0.01).novelty < 1e-3
    assert originals.copying([other], 0.01).novelty > 0.05
    assert originals.copying([original], 0.01).longest == pytest.approx(3.0, abs=0.2)
    assert originals.copying([other], 0.01).longest == 0


def test_the_longest_run_is_counted_without_gaps() -> None:
    assert longest_run(np.array([1, 1, 0, 1, 1, 1, 0], dtype=bool)) == 3
    assert longest_run(np.zeros(4, dtype=bool)) == 0


def test_every_expert_that_ships_is_a_row_and_options_are_taken_at_their_word(
    tmp_path: Path,
) -> None:
    assert set(quality.shipped_experts()) <= set(EXPERTS)
    assert {"library", "mace"} <= set(quality.shipped_experts())
    alone = Performer(quality.NETWORK_ALONE, None, tmp_path)
    assert alone._options.tempo_change == 0
    with pytest.raises(BadUsage, match="no expert"):
        Performer("nobody", None, tmp_path)


def test_a_dance_is_danced_once_and_kept(tmp_path: Path) -> None:
    song = Song("song", MusicFeatures(np.zeros((400, 35), "f4")), np.arange(0, 13, 0.5))
    performer = Performer("library", None, tmp_path)
    call = Call(song, 120, "house")
    (first,), (again,) = performer.perform([call]), performer.perform([call])
    np.testing.assert_array_equal(first.clip.joints, again.clip.joints)
    assert len(list(tmp_path.glob("*.npz"))) == 1
    assert first.facts["parts"] and first.clip.genre == "house"
    with pytest.raises(UnsuitableInput, match="too short"):
        performer.perform([Call(song, 401)])


def test_what_is_kept_of_a_dance_comes_back(tmp_path: Path) -> None:
    motion = Motion(np.ones((4, 24, 3), "f4"), np.zeros((4, 3), "f4"), 30.0, "house")
    save_danced(Danced(motion, {"joins": [2]}), tmp_path / "one.npz")
    kept = load_danced(tmp_path / "one.npz")
    assert kept.motion.genre == "house" and kept.facts == {"joins": [2]}
    np.testing.assert_array_equal(kept.motion.poses, motion.poses)


def test_the_table_has_a_line_a_row_and_no_number_where_none_was_measured() -> None:
    row = {"dances": 14, "fsr": 0.25, "fsr_interval": (0.2, 0.3), "novelty": float("nan")}
    lines = markdown(json.loads(json.dumps({"mace": row}))).splitlines()
    assert len(lines) == 3 and "0.250 [0.200, 0.300]" in lines[2] and "nan" not in lines[2]
    assert lines[0].count("|") == lines[2].count("|")
