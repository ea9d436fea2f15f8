"""An output that is there is refused, unless the same command left it when it was stopped."""

import sys
from pathlib import Path

import pytest

from pipelines.support.errors import BadUsage
from pipelines.support.files import copy_atomically, write_text
from pipelines.workspace.existing_output import refuse_existing
from pipelines.workspace.layout import Workspace
from pipelines.workspace.run_record import recorded_run


@pytest.fixture
def paths(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["macedance", "generate", "song.wav"])
    return tmp_path / "dance.npz", tmp_path / "workspace"


def write_and_stop(output: Path, workspace: Path, text: str = "a dance") -> None:
    record = Workspace(workspace).run_record("r")
    with pytest.raises(KeyboardInterrupt), recorded_run([record], "generate", "r", {}, 0, [output]):
        write_text(output, text)
        raise KeyboardInterrupt


def test_nothing_there_is_fine(paths):
    refuse_existing(*paths, "hint")


def test_a_file_of_nobody_knows_whom_is_refused(paths):
    paths[0].write_text("a dance")
    with pytest.raises(BadUsage, match="exists") as refusal:
        refuse_existing(*paths, "add --force")
    assert refusal.value.hint == "add --force"


def test_what_the_same_command_made_before_it_was_stopped_is_its_own(paths):
    write_and_stop(*paths)
    refuse_existing(*paths, "hint")


def test_also_after_a_second_stop_that_came_before_it_was_made_again(paths):
    write_and_stop(*paths)
    record = Workspace(paths[1]).run_record("r")
    with pytest.raises(SystemExit), recorded_run([record], "generate", "r", {}, 0, [paths[0]]):
        raise SystemExit(143)
    refuse_existing(*paths, "hint")


def test_it_is_written_down_before_it_is_in_place(paths, monkeypatch):
    output, workspace = paths
    source, record = output.with_name("kept.npz"), Workspace(workspace).run_record("r")
    source.write_text("a dance")
    with recorded_run([record], "generate", "r", {}, 0, [output]):
        copy_atomically(source, output)
        refuse_existing(output, workspace, "hint")  # as if a kill came here


@pytest.mark.parametrize("change", ["content", "command", "finished"])
def test_anything_else_is_refused(paths, monkeypatch, change):
    output, workspace = paths
    write_and_stop(*paths)
    if change == "content":
        output.write_text("somebody's own")
    if change == "command":
        monkeypatch.setattr(sys, "argv", ["macedance", "generate", "other.wav"])
    if change == "finished":
        with recorded_run([Workspace(workspace).run_record("r")], "generate", "r", {}, 0):
            pass
    with pytest.raises(BadUsage, match="exists"):
        refuse_existing(output, workspace, "hint")


def test_a_damaged_record_is_no_witness(paths):
    output, workspace = paths
    write_and_stop(*paths)
    Workspace(workspace).run_record("r").write_text('{"status": ')
    with pytest.raises(BadUsage, match="exists"):
        refuse_existing(output, workspace, "hint")
