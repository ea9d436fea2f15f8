"""What ran: a JSON record for every run, written when it starts and again when it ends."""

from __future__ import annotations

import math
import platform
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, is_dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from pipelines.support.errors import exit_code_of
from pipelines.support.files import noted_before_placing, sha256_file, write_json
from pipelines.workspace.existing_output import outputs_before_the_stop

_RECORDED_PACKAGES = (
    "macedance", "torch", "numpy", "scipy", "librosa", "mediapipe", "opencv-contrib-python",
    "diffusers", "transformers", "mamba-ssm",
)  # fmt: skip


@dataclass
class RunRecord:
    """One run of one command; the fields are the keys of the JSON file.

    Attributes:
        command: the verb, such as "generate".
        run: the run's name; the same command on the same content has the same name.
        config: every option after defaults, file, environment and flags are merged.
        inputs, outputs: path -> SHA-256 of the file.
        facts: what else the command wants to be known (device, model, draft or not, scores).
        seconds: wall-clock seconds per stage.
        status: "running", "done" or "failed"; "running" without a process: it was killed.
    """

    command: str
    run: str
    config: dict[str, Any]
    seed: int | None
    argv: list[str] = field(default_factory=lambda: list(sys.argv))
    versions: dict[str, str] = field(default_factory=lambda: installed_versions())
    started: str = field(default_factory=lambda: datetime.now(UTC).isoformat())
    status: str = "running"
    exit_code: int | None = None
    error: str | None = None
    total_seconds: float | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    def read(self, path: Path) -> None:
        """Note an input file by its content."""
        self.inputs[str(path)] = sha256_file(path)

    def wrote(self, path: Path) -> None:
        """Note an output file by its content."""
        self.outputs[str(path)] = sha256_file(path)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the wall-clock seconds of the block to `seconds[stage]`."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            spent = time.perf_counter() - begin
            self.seconds[stage] = round(self.seconds.get(stage, 0.0) + spent, 3)


@contextmanager
def recorded_run(
    files: Sequence[Path],
    command: str,
    run: str,
    config: Any,
    seed: int | None = None,
    outputs: Sequence[Path] = (),
) -> Iterator[RunRecord]:
    """Write the record to `files` at the start, and again with the outcome at the end.

    Args:
        files: where the record goes; usually `workspace.run_record(run)` and the run's folder.
        config: a dataclass or a dictionary; paths become strings.
        outputs: what is made outside of the workspace. Each is written down before it is put in
            place, so that `refuse_existing` knows whose it is.
    """
    record = RunRecord(command, run, _plain(config), seed)
    record.outputs |= outputs_before_the_stop(files[0])
    begin = time.perf_counter()
    _write(record, files)

    def note(target: Path, whole: Path) -> None:
        if target in outputs:
            record.outputs[str(target)] = sha256_file(whole)
            _write(record, files)

    try:
        with noted_before_placing(note):
            yield record
    except BaseException as error:
        record.status = "failed"
        record.exit_code = exit_code_of(error)
        record.error = f"{type(error).__name__}: {error}"
        record.total_seconds = round(time.perf_counter() - begin, 3)
        # The reason of the failure, such as a full disk, must not be hidden by the record's own.
        with suppress(OSError):
            _write(record, files)
        raise
    # A run that finished although some of its items failed has set its exit code itself.
    record.status, record.exit_code = "done", record.exit_code or 0
    record.total_seconds = round(time.perf_counter() - begin, 3)
    _write(record, files)


def installed_versions() -> dict[str, str]:
    """Versions of Python, the platform and the packages that shape a result."""
    versions = {"python": platform.python_version(), "platform": platform.platform()}
    found = ((package, _version(package)) for package in _RECORDED_PACKAGES)
    return versions | {package: version for package, version in found if version}


@cache
def _version(package: str) -> str:
    """Of an installed package, else ""; kept, for every clip asks, and it is read from a file."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _write(record: RunRecord, files: Sequence[Path]) -> None:
    for file in files:
        write_json(file, _plain(record))


def _plain(value: Any) -> Any:
    """`value` in JSON's types: dataclasses and mappings as objects, the unknown as text."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
