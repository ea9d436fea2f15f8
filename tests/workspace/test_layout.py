"""Paths of the workspace, and that nothing leads out of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.support.errors import BadUsage
from pipelines.workspace.layout import Workspace

WORKSPACE = Workspace(Path("w"))


def test_paths_are_those_of_the_design() -> None:
    paths = {
        WORKSPACE.clip("c1"): "w/clips/c1",
        WORKSPACE.clip_table: "w/clips/metadata.jsonl",
        WORKSPACE.motion("m"): "w/motions/m.npz",
        WORKSPACE.music("s"): "w/music/s.wav",
        WORKSPACE.features("s"): "w/features/s.npz",
        WORKSPACE.motion_model("r"): "w/models/motion/r",
        WORKSPACE.appearance_model("r"): "w/models/appearance/r",
        WORKSPACE.generation("g"): "w/generations/g",
        WORKSPACE.evaluation("e"): "w/evaluations/e",
        WORKSPACE.run_record("g"): "w/runs/g.json",
        WORKSPACE.cache("beats"): "w/cache/beats",
    }
    assert {str(path): expected for path, expected in paths.items()} == {
        expected: expected for expected in paths.values()
    }


def test_names_in_any_script() -> None:
    assert WORKSPACE.generation("夜に駆ける-0f3a").name == "夜に駆ける-0f3a"


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "/etc", ".hidden", "-rf", "a\n"])
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(BadUsage, match="cannot name"):
        WORKSPACE.generation(name)


@given(st.text(max_size=20))
def test_every_accepted_name_is_a_direct_child(name: str) -> None:
    try:
        path = WORKSPACE.generation(name)
    except BadUsage:
        return
    assert path.resolve().parent == (WORKSPACE.root / "generations").resolve()
