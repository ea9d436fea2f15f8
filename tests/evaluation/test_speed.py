"""Frames per second from the records of `generate`."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pipelines.evaluation.items import Item
from pipelines.evaluation.speed import generation_speed, own_records
from pipelines.motion.npz import save_npz
from pipelines.support.errors import UnsuitableInput


@pytest.fixture
def run(tmp_path, dance):
    """A maker of run folders: name, frames of the dance, seconds spent on it, command."""

    def make(name, frames=90, seconds=0.5, command="generate"):
        folder = tmp_path / name
        folder.mkdir()
        save_npz(dance(1, frames), folder / "motion.npz")
        record = {"command": command, "seconds": {"dance": seconds}}
        (folder / "run.json").write_text(json.dumps(record))
        return folder / "run.json"

    return make


def test_speed_is_all_frames_over_all_seconds(run):
    found = generation_speed([run("a", 90, 0.5), run("b", 30, 1.5)])
    assert (found.value, found.n) == (60.0, 2)
    assert np.isnan(found.low)


def test_a_record_counts_once(run):
    record = run("a")
    assert generation_speed([record, record]).n == 1


def test_resumed_runs_and_runs_without_a_dance_say_nothing(run):
    resumed, gone = run("a", seconds=0.0), run("b")
    (gone.parent / "motion.npz").unlink()
    assert generation_speed([resumed, gone]) is None
    assert generation_speed([]) is None
    assert generation_speed([resumed, run("c")]).n == 1


@pytest.mark.parametrize("text", ["[]", "no json", "{}", '{"seconds": 3, "command": "generate"}'])
def test_other_files_are_refused(tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(UnsuitableInput, match=r"run\.json: not the record of a run"):
        generation_speed([tmp_path / "run.json"])


def test_records_of_other_commands_are_refused(run):
    with pytest.raises(UnsuitableInput, match="a record of render"):
        generation_speed([run("a", command="render")])


def test_own_records_lie_beside_dances_of_generate(run, tmp_path):
    record = run("a")
    items = [
        Item("a", record.parent / "motion.npz"),
        Item("b", tmp_path / "b" / "motion.npz"),
        Item("c", record.parent / "out.mp4"),
    ]
    assert own_records(items) == [record]
