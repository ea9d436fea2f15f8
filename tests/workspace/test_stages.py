"""Finished stages, and one process at a time in a folder."""

from __future__ import annotations

import fcntl
import json
import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from listener import Listener

from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import sha256_file
from pipelines.support.progress import SILENT
from pipelines.workspace.stages import alone_in, finish_stage, finished_stage


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """A finished stage of two files."""
    (tmp_path / "a.npz").write_bytes(b"one")
    (tmp_path / "b.mp4").write_bytes(b"two")
    finish_stage(tmp_path / "run.json", {"seed": 3, "seconds": 1.5}, ["a.npz", "b.mp4"])
    return tmp_path / "run.json"


def test_facts_come_back_without_the_digests(record):
    assert finished_stage(record, SILENT) == {"seed": 3, "seconds": 1.5}


def test_the_record_holds_the_digest_of_each_file(record):
    held = json.loads(record.read_text())
    assert held["files"] == {name: sha256_file(record.parent / name) for name in ("a.npz", "b.mp4")}
    assert list(held) == ["seed", "seconds", "files"]


def test_a_stage_that_was_never_finished_is_nothing_to_talk_about(tmp_path):
    listener = Listener()
    assert finished_stage(tmp_path / "run.json", listener) is None
    assert listener.warned == []


@pytest.mark.parametrize("name", ["a.npz", "b.mp4"])
@pytest.mark.parametrize("damage", ["missing", "cut", "changed", "folder"])
def test_a_damaged_file_makes_the_stage_undone_and_is_named(record, name, damage):
    file = record.parent / name
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:-1])
    elif damage == "changed":
        file.write_bytes(b"xyz")
    else:
        file.unlink()
    if damage == "folder":
        file.mkdir()
    listener = Listener()
    assert finished_stage(record, listener) is None
    assert listener.warned == [f"{file}: missing, damaged or changed, so it is made again"]


def test_a_file_with_the_same_content_counts_however_it_came_there(record):
    os.utime(record.parent / "a.npz", (1, 1))
    assert finished_stage(record, SILENT) is not None


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "[1, 2]", "3", "null", '{"seed": 3}', '{"files": 3}', "\x00\x01"]
)
def test_a_damaged_record_makes_the_stage_undone(record, content):
    record.write_text(content)
    listener = Listener()
    assert finished_stage(record, listener) is None
    assert listener.warned == [f"{record}: damaged, so its stage is done again"]


def test_bytes_that_are_no_text_are_a_damaged_record(record):
    record.write_bytes(b"\xff\xfe\xfd")
    assert finished_stage(record, SILENT) is None


def test_a_stage_without_files_is_finished_by_its_record(tmp_path):
    finish_stage(tmp_path / "run.json", {}, [])
    assert finished_stage(tmp_path / "run.json", SILENT) == {}


def test_a_file_that_is_not_there_cannot_be_finished(tmp_path):
    with pytest.raises(FileNotFoundError):
        finish_stage(tmp_path / "run.json", {}, ["absent.mp4"])
    assert not (tmp_path / "run.json").exists()


def test_the_folder_is_made_and_what_a_killed_process_left_is_removed(tmp_path):
    folder = tmp_path / "deep" / "er"
    folder.mkdir(parents=True)
    (folder / ".out-abc.part.mp4").write_bytes(b"half")
    (folder / ".span-x.part").mkdir()
    (folder / ".span-x.part" / "span.h264").write_bytes(b"half")
    kept = [folder / name for name in ("out.mp4", ".hidden", "part.mp4", "a.part")]
    for file in kept:
        file.write_bytes(b"whole")
    with alone_in(folder, SILENT):
        assert sorted(folder.iterdir()) == sorted(kept)
    with alone_in(tmp_path / "new" / "one", SILENT):
        assert (tmp_path / "new" / "one").is_dir()


def locked(folder: Path) -> bool:
    """Whether somebody else holds the folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def test_the_folder_is_held_inside_and_free_afterwards_also_after_an_error(tmp_path):
    with alone_in(tmp_path, SILENT):
        assert locked(tmp_path)
    assert not locked(tmp_path)
    with pytest.raises(ZeroDivisionError), alone_in(tmp_path, SILENT):
        raise ZeroDivisionError
    assert not locked(tmp_path)


def test_two_folders_can_be_held_at_once(tmp_path):
    with alone_in(tmp_path / "a", SILENT), alone_in(tmp_path / "b", SILENT):
        assert locked(tmp_path / "a") and locked(tmp_path / "b")


def _hold(folder: Path, ready, enough) -> None:
    with alone_in(folder, SILENT):
        ready.set()
        enough.wait(600)
        (folder / "order.txt").open("a").write("first\n")


@contextmanager
def another_at_work(
    folder: Path,
) -> Iterator[tuple[multiprocessing.process.BaseProcess, Callable[[], None]]]:
    """Another process that holds the folder until it is told that it is enough."""
    context = multiprocessing.get_context("fork")
    ready, enough = context.Event(), context.Event()
    process = context.Process(target=_hold, args=(folder, ready, enough))
    process.start()
    try:
        assert ready.wait(60)
        yield process, enough.set
    finally:
        process.kill()
        process.join()


def test_a_second_process_says_so_and_waits_for_its_turn(tmp_path):
    listener = Listener()
    with another_at_work(tmp_path) as (_, let_go):
        listener.say = lambda message: (listener.said.append(message), let_go())
        with alone_in(tmp_path, listener):
            (tmp_path / "order.txt").open("a").write("second\n")
    assert (tmp_path / "order.txt").read_text().split() == ["first", "second"]
    assert listener.said == [f"another process is at work in {tmp_path}; waiting for it to end"]


def test_a_killed_process_leaves_no_lock(tmp_path):
    with another_at_work(tmp_path) as (process, _):
        assert locked(tmp_path)
        process.kill()
        process.join()
        with alone_in(tmp_path, SILENT):
            pass


def test_a_place_where_no_folder_can_be_is_refused_with_the_flag(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with (
        pytest.raises(UnsuitableInput, match=r"file/ws: the folder cannot be made") as caught,
        alone_in(tmp_path / "file" / "ws", SILENT),
    ):
        pytest.fail("there is no such folder")
    assert "--workspace" in caught.value.hint


def test_a_full_disk_is_not_taken_for_a_wrong_folder(tmp_path, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(OSError, match="No space left"), alone_in(tmp_path / "ws", SILENT):
        pytest.fail("the disk is full")


def test_what_a_stop_left_half_written_goes_with_it(tmp_path):
    with pytest.raises(KeyboardInterrupt), alone_in(tmp_path / "clip", SILENT):
        (tmp_path / "clip" / ".video-1.part.mp4").touch()
        (tmp_path / "clip" / "done.mp4").touch()
        raise KeyboardInterrupt
    assert [path.name for path in (tmp_path / "clip").iterdir()] == ["done.mp4"]
