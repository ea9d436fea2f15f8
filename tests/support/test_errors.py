"""Exit codes of exceptions, one by one."""

from __future__ import annotations

import errno
import struct

import pytest
from safetensors import SafetensorError

from pipelines.support import errors


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.MacedanceError("bug"), 1),
        (KeyError("x"), 1),
        (RuntimeError("shape mismatch"), 1),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 1),
        (errors.BadUsage("flag"), 2),
        (errors.UnsuitableInput("file"), 3),
        (FileNotFoundError(errno.ENOENT, "No such file", "song.wav"), 3),
        (PermissionError(errno.EACCES, "Permission denied", "out.mp4"), 3),
        (errors.MissingAsset("model"), 4),
        (errors.SomeItemsFailed("two of nine"), 5),
        (errors.OutOfResources("disk"), 6),
        (MemoryError(), 6),
        (OSError(errno.ENOSPC, "No space left on device", "out.mp4"), 6),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), 6),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), 6),
        (SafetensorError("I/O error: No space left on device (os error 28)"), 6),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), 6),
        (ModuleNotFoundError("No module named 'mediapipe'", name="mediapipe"), 4),
        (ImportError("libGL.so.1: cannot open shared object file"), 4),
        (ImportError("cannot import name 'x'", name="pipelines.body"), 1),
        (errors.Interrupted("checkpoint"), 75),
        (KeyboardInterrupt(), 130),
        (SystemExit(143), 143),
        (SystemExit(None), 0),
        (SystemExit("message"), 1),
    ],
)
def test_exit_code(error: BaseException, code: int) -> None:
    assert errors.exit_code_of(error) == code


def test_torch_out_of_memory_is_told_by_its_name() -> None:
    error = type("OutOfMemoryError", (RuntimeError,), {})("CUDA out of memory")
    assert errors.exit_code_of(error) == 6
    for words in ("DefaultCPUAllocator: can't allocate memory: 12 bytes", "CUDA out of memory"):
        assert errors.is_out_of_memory(RuntimeError(words))
    assert not errors.is_out_of_memory(RuntimeError("shapes do not match"))


def test_codes_differ_and_messages_survive() -> None:
    kinds = errors.MacedanceError.__subclasses__()
    assert len({kind.exit_code for kind in kinds}) == len(kinds)
    error = errors.BadUsage("--steps 0: must be more than 0", "try --steps 50")
    assert str(error) == error.what == "--steps 0: must be more than 0"
    assert error.hint == "try --steps 50"


def test_a_stop_hidden_in_a_system_error_is_raised():
    def compiled():
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as error:
            raise SystemError("returned a result with an exception set") from error

    try:
        compiled()
    except SystemError as hidden:
        with pytest.raises(KeyboardInterrupt):
            errors.raise_stop_within(hidden)
    errors.raise_stop_within(SystemError("something else"))
    errors.raise_stop_within(ValueError("no"))


def test_what_a_library_raises_on_bytes_is_a_refusal(tmp_path):
    refusal = pytest.raises(errors.UnsuitableInput, match=r"a\.bin: broken")
    with refusal as caught, errors.refused(tmp_path / "a.bin", "broken"):
        raise struct.error("unpack requires 4 bytes")
    assert isinstance(caught.value.__cause__, struct.error)


def test_a_refusal_and_a_stop_pass_through(tmp_path):
    for passing in (errors.BadUsage("--fps"), KeyboardInterrupt()):
        with pytest.raises(type(passing)) as caught, errors.refused(tmp_path, "broken"):
            raise passing
        assert caught.value is passing
