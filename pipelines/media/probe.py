"""What a media file holds: by ffprobe, or where there is none by the libraries in PyAV's wheel.

Both answer in the shape of ffprobe's JSON; only keys that `carried_probe` gives are to be used.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from pipelines.media.ffmpeg import LOCAL_ONLY, NotAMedium, last_line, run
from pipelines.support.errors import UnsuitableInput

Report = dict[str, Any]

_PATIENCE_SECONDS = 60


def examine(path: Path) -> tuple[Report, str]:
    """The keys `format` and `streams` of a file, and what was remarked on the way.

    Raises:
        NotAMedium: ffmpeg cannot read it.
    """
    if shutil.which("ffprobe") is None:
        from pipelines.media import carried_probe

        return carried_probe.examine(path)
    return _ffprobe(path, "-show_format", "-show_streams")


def ffprobe_json(path: Path) -> Report:
    """`examine` for whoever needs no remarks.

    Raises:
        UnsuitableInput: the file is missing, empty, or no medium that ffmpeg reads.
    """
    if not path.is_file():
        raise UnsuitableInput(f"{path}: no such file", "give the path of an existing file")
    if path.stat().st_size == 0:
        raise UnsuitableInput(f"{path}: the file is empty")
    try:
        return examine(path)[0]
    except NotAMedium as refusal:
        raise UnsuitableInput(
            f"{path}: not audio or video that ffmpeg can read ({refusal})"
        ) from None


def picture_packets(path: Path) -> list[Report]:
    """`pts_time`, where it has one, and `flags` of each packet of the moving picture.

    In the file's order, up to where it cannot be read on; "D" among the flags is hidden by an edit
    list.
    """
    if shutil.which("ffprobe") is None:
        from pipelines.media import carried_probe

        return carried_probe.picture_packets(path)
    shown = ("-select_streams", "V:0", "-show_entries", "packet=pts_time,flags")
    try:
        return list(_ffprobe(path, *shown)[0].get("packets", []))
    except NotAMedium:
        return []


def is_encrypted(path: Path) -> bool:
    """Whether the first packet says that it is encrypted; ffmpeg would decode noise."""
    if shutil.which("ffprobe") is None:
        from pipelines.media import carried_probe

        return carried_probe.is_encrypted(path)
    try:
        report, _ = _ffprobe(path, "-read_intervals", "%+#1", "-show_packets")
    except NotAMedium:
        return False
    return "Encryption info" in json.dumps(report)


def _ffprobe(path: Path, *questions: str) -> tuple[Report, str]:
    name = f"file:{path}"
    line = ["ffprobe", "-v", "warning", "-protocol_whitelist", LOCAL_ONLY, "-of", "json"]
    try:
        done = run([*line, *questions, name], seconds=_PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        raise UnsuitableInput(f"{path}: ffprobe found no end to its header") from None
    if done.returncode != 0:
        raise NotAMedium(last_line(done.stderr).removeprefix(f"{name}: "))
    report: Report = json.loads(done.stdout or b"{}")
    return report, done.stderr.decode(errors="replace")
