"""A dance library as training data."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from pipelines.motion_expert.library.header import CONFIG_FILE, SHIPPED, TENSORS_FILE
from pipelines.motion_expert.library.storage import (
    Library,
    Reading,
    TakeEntry,
    save_library,
    steps_of,
)
from pipelines.motion_expert.training.library_data import dances_in, library_at
from pipelines.motion_expert.training.material import gather_data, list_data
from pipelines.motion_expert.training.settings import TrainMotionConfig
from pipelines.support.errors import UnsuitableInput
from pipelines.support.progress import SILENT

BEAT, FRAMES = 15, 360


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """Two takes that step on every beat of 120 a minute, one of them counted."""
    at = np.arange(FRAMES)
    poses = np.zeros((FRAMES, 24, 3))
    poses[:, 0, 0] = np.pi / 2
    poses[:, 1, 0] = 0.5 * np.maximum(0, np.sin(np.pi * at / BEAT))
    poses[:, 2, 0] = 0.5 * np.maximum(0, -np.sin(np.pi * at / BEAT))
    steps = steps_of(np.concatenate([poses, 1.1 * poses]), np.zeros((2 * FRAMES, 3)))
    pulses = np.arange(0, FRAMES, BEAT) / 30
    told = ("house", "somebody", "one", "group", "mine", "free", False, False)
    takes = (
        TakeEntry("counted", *told, 0, FRAMES, (Reading(0, len(pulses), 1.0, True),)),
        TakeEntry("tracked", *told, FRAMES, FRAMES, ()),
    )
    curves = np.zeros((2 * FRAMES, 4), np.float32)
    place = tmp_path_factory.mktemp("library")
    save_library(Library(takes, steps, curves, curves, pulses), place)
    return place


def config(place, tmp_path, music=("compose",), **more):
    return TrainMotionConfig(data=(place,), music=music, workspace=tmp_path / "w", **more)


def test_its_takes_are_paired_once_and_then_found(library, tmp_path):
    found, skipped = gather_data(config(library, tmp_path), SILENT)
    assert not skipped
    assert {pair.take for pair in found} == {"counted", "tracked"}
    assert {(pair.group, pair.genre) for pair in found} == {("group", "house")}
    assert all(len(pair.features) == pair.motion.frames for pair in found)
    again, _ = gather_data(config(library, tmp_path), SILENT)
    assert [pair.take for pair in again] == [pair.take for pair in found]
    for one, other in zip(found, again, strict=True):
        np.testing.assert_array_equal(one.motion.poses, other.motion.poses)


def test_without_new_music_there_is_nothing_to_learn_from(library, tmp_path):
    with pytest.raises(UnsuitableInput, match="no usable dance") as refused:
        gather_data(config(library, tmp_path, ("paired",)), SILENT)
    assert "--music warp:FOLDER or --music compose" in refused.value.hint


def test_the_plan_counts_its_takes_without_reading_them(library, tmp_path):
    found = list_data(config(library, tmp_path))
    assert (found["dances"], found["without music"]) == (2, 2)


def test_the_one_that_ships_has_a_name_and_a_folder_may_have_it_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert library_at(Path("shipped")) == SHIPPED
    assert dances_in(SHIPPED, None) > 100
    (tmp_path / "shipped").mkdir()
    assert library_at(Path("shipped")) is None


def test_half_a_library_is_none_and_a_split_of_one_is_refused(library, tmp_path):
    shutil.copy(library / CONFIG_FILE, tmp_path)
    assert library_at(tmp_path) is None
    shutil.copy(library / TENSORS_FILE, tmp_path)
    assert library_at(tmp_path) == tmp_path
    with pytest.raises(UnsuitableInput, match="a dance library, of which --split chooses none"):
        dances_in(tmp_path, "train")
