"""Splitting bulk work over jobs by the ids of its items."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipelines.support.errors import BadUsage

_HINT = "write it as --shard i/N with 1 <= i <= N, such as --shard 3/8"

_ARRAY_HINT = "number them as --array=1-N, or give each job its --shard i/N"


@dataclass(frozen=True)
class Shard:
    """The share of job number `index` (counted from 1) of `count` jobs.

    An item belongs to a shard by the hash of its id alone: which other items exist, and in what
    order a folder lists them, changes nothing.
    """

    index: int = 1
    count: int = 1

    def owns(self, item_id: str) -> bool:
        """Whether the item with this id belongs to this shard."""
        digest = hashlib.sha256(item_id.encode("utf-8", "surrogateescape")).digest()
        return int.from_bytes(digest[:8], "big") % self.count == self.index - 1

    def of(self, item_ids: Iterable[str]) -> list[str]:
        """The ids that belong to this shard, in the order given."""
        return [item_id for item_id in item_ids if self.owns(item_id)]


def parse_shard(text: str) -> Shard:
    """Read "i/N". Raises BadUsage on anything else."""
    match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text.strip())
    if match is None:
        raise BadUsage(f"--shard {text!r} is not a share of the work", _HINT)
    index, count = int(match[1]), int(match[2])
    if not 1 <= index <= count:
        raise BadUsage(f"--shard {text}: there is no such share", _HINT)
    return Shard(index, count)


def shard_from(text: str | None, environment: Mapping[str, str]) -> Shard:
    """The shard of `--shard`, else of the SLURM array this job belongs to, else all of the work."""
    if text is not None:
        return parse_shard(text)
    found = {name: environment.get(f"SLURM_ARRAY_TASK_{name}", "").strip()
             for name in ("ID", "COUNT", "MIN", "MAX", "STEP")}  # fmt: skip
    if not found["ID"] or not found["COUNT"]:
        return Shard()
    try:
        task, count = int(found["ID"]), int(found["COUNT"])
        first = int(found["MIN"] or 0)
        last = int(found["MAX"] or first + int(found["STEP"] or 1) * (count - 1))
    except ValueError:
        raise BadUsage(f"SLURM_ARRAY_TASK_*: not numbers ({found})", _ARRAY_HINT) from None
    return _of_array(task, count, first, last)


def _of_array(task: int, count: int, first: int, last: int) -> Shard:
    """An array may begin anywhere and count in steps: 10-40:10, or 3,7. SLURM tells a task only how
    many there are and the ends, so that of 1,2,9 nobody can say who is second."""
    step, rest = divmod(last - first, max(1, count - 1))
    place, off = divmod(task - first, max(1, step))
    if rest or off or not 0 <= place < count:
        raise BadUsage(
            f"task {task} of a SLURM array of {count} from {first} to {last}: its tasks are not "
            "evenly numbered, so their shares cannot be told",
            _ARRAY_HINT,
        )
    return Shard(place + 1, count)
