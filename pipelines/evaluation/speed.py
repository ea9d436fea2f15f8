"""How fast dances were generated, from the records that `generate` leaves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipelines.evaluation.items import Item
from pipelines.evaluation.judgement import Estimate
from pipelines.motion.npz import load_npz
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import read_json

_STAGE = "dance"


def generation_speed(records: Sequence[Path]) -> Estimate | None:
    """Frames of dance per second of the Motion Expert, over all records; None without any.

    Records of resumed runs, whose dance was there already, say nothing about speed.

    Raises:
        UnsuitableInput: a record is not one of `generate`.
    """
    frames = seconds = 0.0
    count = 0
    for path in dict.fromkeys(records):
        found = _frames_and_seconds(path)
        if found is not None:
            frames, seconds, count = frames + found[0], seconds + found[1], count + 1
    return Estimate(frames / seconds, n=count) if seconds > 0 else None


def own_records(items: Sequence[Item]) -> list[Path]:
    """The run.json beside each clip that `generate` made."""
    beside = (item.path.parent / "run.json" for item in items if item.path.name == "motion.npz")
    return [path for path in beside if path.is_file()]


def _frames_and_seconds(path: Path) -> tuple[int, float] | None:
    try:
        record = read_json(path)
        spent = float(record["seconds"].get(_STAGE, 0.0))
        command = record["command"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnsuitableInput(
            f"{path}: not the record of a run ({error})", "give the run.json of macedance generate"
        ) from None
    if command != "generate":
        raise UnsuitableInput(f"{path}: a record of {command}, expected one of generate")
    dance = path.parent / "motion.npz"
    if spent <= 0 or not dance.is_file():
        return None
    return load_npz(dance).frames, spent
