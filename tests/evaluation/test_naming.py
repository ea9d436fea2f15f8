"""A run's name: the same for the same content however it is called, another for what counts."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from pipelines.evaluation.items import Item
from pipelines.evaluation.naming import run_name
from pipelines.evaluation.sets import Sets
from pipelines.evaluation.settings import EvaluateConfig
from pipelines.support.errors import UnsuitableInput

SETTINGS = {"fps": 30.0}


@pytest.fixture
def dance_file(tmp_path):
    path = tmp_path / "a.npz"
    path.write_bytes(b"content")
    return path


@pytest.fixture
def named(dance_file):
    """The name of a run over that one clip, with some options changed."""

    def name(settings=SETTINGS, items=None, **changes):
        config = replace(EvaluateConfig("motion-3d", dance_file), **changes)
        return run_name(config, settings, Sets({"pred": items or [Item("a", dance_file)]}, []))

    return name


def test_protocol_and_profile_stand_in_front(named):
    assert re.fullmatch(r"motion-3d-lodge-[0-9a-f]{16}", named(profile="lodge"))


def test_content_counts_not_the_place(named, dance_file, tmp_path):
    elsewhere = tmp_path / "moved.npz"
    elsewhere.write_bytes(dance_file.read_bytes())
    assert named(items=[Item("a", elsewhere)]) == named()
    elsewhere.write_bytes(b"other")
    assert named(items=[Item("a", elsewhere)]) != named()
    assert named(items=[Item("b", dance_file)]) != named()
    assert named(items=[Item("a", dance_file, start=1.0)]) != named()


def test_what_counts_and_what_does_not(named, tmp_path):
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "w.pth").write_bytes(b"123")
    (tmp_path / "run.json").write_text("{}")
    others = [
        named({"fps": 60.0}), named(seed=1), named(keypoint_fps=25.0),
        named(person_detector="d", pose_model="p"), named(run_records=(tmp_path / "run.json",)),
        named(vbench_weights=tmp_path / "weights"), named(vbench_json=(f"{tmp_path}/run.json",)),
    ]  # fmt: skip
    assert len({named(), *others}) == 1 + len(others)
    assert named(device="cpu", latex=tmp_path / "t.tex", workspace=tmp_path) == named()


def test_weights_count_by_name_and_size(named, tmp_path):
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "w.pth").write_bytes(b"123")
    before = named(lpips_weights=folder)
    (folder / "w.pth").write_bytes(b"456")
    assert named(lpips_weights=folder) == before
    (folder / "w.pth").write_bytes(b"4567")
    assert named(lpips_weights=folder) != before


@pytest.mark.parametrize("option", ["i3d", "vbench_weights", "lpips_weights"])
def test_weights_that_are_not_there(named, tmp_path, option):
    with pytest.raises(UnsuitableInput, match="none"):
        named(**{option: tmp_path / "none"})


def test_results_and_records_that_are_not_there(named, tmp_path):
    with pytest.raises(UnsuitableInput, match=r"none\.json"):
        named(vbench_json=("pred=none.json",))
    with pytest.raises(UnsuitableInput, match=r"none\.json"):
        named(run_records=(tmp_path / "none.json",))
