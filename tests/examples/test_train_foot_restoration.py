"""The script that trains what restores feet: what is held out of the library, and a short run."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from pipelines.foot_restoration.model import CONFIG, SHIPPED, load_model
from pipelines.motion_expert.library.header import SHIPPED as LIBRARY
from pipelines.motion_expert.library.storage import load_library
from pipelines.support.files import read_json

SCRIPT = Path(__file__).parents[2] / "examples" / "train_foot_restoration.py"


def script():
    spec = importlib.util.spec_from_file_location("train_foot_restoration", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_ships_was_held_out_as_the_script_holds_out():
    library = load_library(LIBRARY)
    held = script().held_out_groups(library)
    names = sorted(take.name for take in library.takes if take.group in held)
    assert read_json(SHIPPED / CONFIG)["metadata"]["held_out"] == names
    assert not any(take.root_estimated for take in library.takes if take.group in held)


def test_a_take_is_the_motion_that_the_library_holds():
    library = load_library(LIBRARY)
    motion = script().take_motion(library, 3)
    take = library.takes[3]
    assert (motion.frames, motion.genre, motion.source) == (take.frames, take.genre, take.name)
    assert -0.05 < motion.joints()[:, [10, 11], 2].min() < 0.1


def test_it_trains_and_writes_half_precision(python, library_of, tmp_path: Path) -> None:
    short = ("--steps", "1", "--batch-size", "2", "--library", library_of("one", "other"))
    said = python(SCRIPT, "run", "--out", "model", *short).wait()
    assert said.stdout == "model: 0.2 minutes of 1 takes\n", said.stderr
    load_model(tmp_path / "model")
    assert read_json(tmp_path / "model" / CONFIG)["metadata"]["updates"] == 1
