"""Dances that were read once, kept in a file beside what was said of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.datasets.dance_take import DanceCollection, DanceTake
from pipelines.motion.motion import Motion
from pipelines.rhythm.pulses import Pulses
from pipelines.support.archives import read_npz
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import atomic_path

_ARRAYS = ("motion", "contacts", "pulses")


def keep_dances(found: DanceCollection, target: Path) -> None:
    """Write them, whole or not at all; poses, contacts and pulses come back bit by bit."""
    arrays: dict[str, Any] = {}
    rows = []
    for number, take in enumerate(found.takes):
        arrays[f"poses{number}"] = take.motion.poses
        arrays[f"trans{number}"] = take.motion.trans
        arrays[f"contacts{number}"] = take.contacts
        for reading, pulses in enumerate(take.pulses):
            arrays[f"pulses{number}-{reading}"] = pulses.times
        row = {name: value for name, value in _facts(take).items() if name not in _ARRAYS}
        rows.append(row | {"readings": [[p.confidence, p.known] for p in take.pulses]})
    said = {"takes": rows, "left_out": found.left_out, "notes": found.notes}
    with atomic_path(target) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, said=np.str_(json.dumps(said)), **arrays)


def kept_dances(source: Path) -> DanceCollection | None:
    """What `keep_dances` wrote; None where there is no such file, or a damaged one."""
    if not source.is_file():
        return None
    try:
        arrays = read_npz(source)
        said = json.loads(str(arrays["said"]))
        takes = [_take(number, row, arrays) for number, row in enumerate(said["takes"])]
        return DanceCollection(takes, said["left_out"], said["notes"])
    except (UnsuitableInput, ValueError, KeyError, TypeError):
        return None


def _facts(take: DanceTake) -> dict[str, Any]:
    return {name: getattr(take, name) for name in take.__dataclass_fields__}


def _take(number: int, row: dict[str, Any], arrays: dict[str, Any]) -> DanceTake:
    readings = tuple(
        Pulses(arrays[f"pulses{number}-{reading}"], confidence, known)
        for reading, (confidence, known) in enumerate(row.pop("readings"))
    )
    motion = Motion(
        arrays[f"poses{number}"], arrays[f"trans{number}"], MOTION_FPS, row["genre"], row["name"]
    )
    return DanceTake(motion=motion, contacts=arrays[f"contacts{number}"], pulses=readings, **row)
