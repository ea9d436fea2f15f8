"""Files appear whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.support.errors import OutOfResources, UnsuitableInput
from pipelines.support.files import (
    atomic_path,
    check_writable,
    copy_atomically,
    link_atomically,
    read_json,
    readable_sha256,
    sha256_file,
    sha256_json,
    write_bytes,
    write_json,
    write_text,
)

ROOT = Path(__file__).parents[2]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)


def test_target_appears_only_at_the_end(tmp_path: Path) -> None:
    target = tmp_path / "new" / "out.mp4"
    with atomic_path(target) as temporary:
        temporary.write_bytes(b"half")
        assert not target.exists()
        assert temporary.parent == target.parent
        assert temporary.suffix == ".mp4"
        assert temporary.name.startswith(".")
    assert target.read_bytes() == b"half"
    assert os.listdir(target.parent) == ["out.mp4"]


def test_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    target.write_text("old")
    with pytest.raises(KeyboardInterrupt), atomic_path(target) as temporary:
        temporary.write_text("new")
        raise KeyboardInterrupt
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["out.json"]


def test_permissions_follow_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "a", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_a_kill_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "model.safetensors"
    target.write_bytes(b"old")
    program = (
        "import sys, time; from pathlib import Path\n"
        "from pipelines.support.files import atomic_path\n"
        "with atomic_path(Path(sys.argv[1])) as temporary:\n"
        "    temporary.write_bytes(b'new' * 1000); print('writing', flush=True); time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(target)], stdout=subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"writing\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert target.read_bytes() == b"old"


def test_not_a_number_is_no_json(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "a.json", {"x": float("nan")})
    assert os.listdir(tmp_path) == []


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
        | TEXT,
        lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
        max_leaves=10,
    )
)  # fmt: skip
def test_json_comes_back(value: object, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "value.json"
    write_json(path, value)
    assert read_json(path) == value


@given(st.dictionaries(st.text(max_size=4), st.integers(), min_size=2))
def test_hash_of_json_ignores_the_order_of_keys(value: dict[str, int]) -> None:
    turned = dict(reversed(list(value.items())))
    assert sha256_json(value) == sha256_json(turned)


def test_hash_of_a_file_is_sha256(tmp_path: Path) -> None:
    data = b"macedance" * 300_000
    write_bytes(tmp_path / "a", data)
    assert sha256_file(tmp_path / "a") == hashlib.sha256(data).hexdigest()


def test_targets_must_be_writable_before_anything_is_done(tmp_path, monkeypatch):
    check_writable([tmp_path / "out.mp4"])
    with pytest.raises(UnsuitableInput, match="does not exist"):
        check_writable([tmp_path / "no" / "out.mp4"])
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    with pytest.raises(UnsuitableInput, match="no permission"):
        check_writable([tmp_path / "out.mp4"])


def test_a_copy_replaces_whole(tmp_path):
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_bytes(b"new")
    target.write_bytes(b"old and longer")
    copy_atomically(source, target)
    assert target.read_bytes() == b"new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, OutOfResources), (errno.EACCES, UnsuitableInput)]
)
def test_a_copy_that_fails_leaves_what_was_and_says_where_the_result_is(
    tmp_path, monkeypatch, number, kind
):
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_bytes(b"new")
    target.write_bytes(b"old")

    def fail(_, part):
        Path(part).write_bytes(b"ne")
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("shutil.copyfile", fail)
    with pytest.raises(kind) as caught:
        copy_atomically(source, target)
    assert str(source) in caught.value.hint
    assert target.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_what_is_no_file_is_told(tmp_path):
    (tmp_path / "song").write_bytes(b"la")
    assert readable_sha256(tmp_path / "song") == sha256_file(tmp_path / "song")
    with pytest.raises(UnsuitableInput, match="nothing: no such file"):
        readable_sha256(tmp_path / "nothing")
    with pytest.raises(UnsuitableInput, match="not a file"):
        readable_sha256(tmp_path)


@pytest.mark.parametrize("text", ["", '{"a": ', "[" * 100_000, "\udcff"])
def test_what_is_no_json_is_bad_input_and_a_value_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(UnsuitableInput, match="is not JSON"):
        read_json(path)
    with pytest.raises(ValueError):
        read_json(path)


def test_a_link_takes_no_room_and_is_whole(tmp_path: Path) -> None:
    source, target = tmp_path / "made.npz", tmp_path / "run" / "motion.npz"
    source.write_bytes(b"a dance")
    link_atomically(source, target)
    link_atomically(source, target)
    assert target.read_bytes() == b"a dance" and source.samefile(target)
    assert [path.name for path in target.parent.iterdir()] == ["motion.npz"]


def test_where_there_are_no_links_it_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "made").write_bytes(b"a dance")
    link_atomically(tmp_path / "made", tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == b"a dance"
    assert not (tmp_path / "target").samefile(tmp_path / "made")
