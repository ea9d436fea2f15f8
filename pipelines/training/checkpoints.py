"""Checkpoints of a training run: whole or absent, rotating, with `latest` and `best`.

<run>/step-00000500/ ...                what the run's own code writes
                    training.json      facts: step, scores, options; the checkpoint is whole
<run>/latest -> step-00000500    <run>/best -> step-00000300
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from pipelines.support.files import read_json

FACTS = "training.json"


class Checkpoints:
    """The checkpoints in one run's folder; one is whole that holds training.json.

    Args:
        folder: the run's folder.
        keep: how many to keep, beside the best one.
    """

    def __init__(self, folder: Path, keep: int) -> None:
        self.folder = folder
        self.keep = keep

    def all(self) -> list[Path]:
        """Every complete checkpoint, oldest first."""
        return sorted(p for p in self.folder.glob("step-*") if (p / FACTS).is_file())

    def latest(self) -> Path | None:
        """The newest complete checkpoint."""
        return self.all()[-1] if self.all() else None

    def write(self, step: int, fill: Callable[[Path], None], best: bool) -> Path:
        """Store a checkpoint, move the pointers, and delete the oldest ones.

        Args:
            step: updates done so far.
            fill: writes the files into the folder that it is given.
            best: whether `best` shall point here.
        """
        target = self.folder / f"step-{step:08d}"
        temporary = self.folder / f".{target.name}.part"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        try:
            fill(temporary)
            for path in [*temporary.rglob("*"), temporary]:
                _fsync(path)
            self._discard(target)
            temporary.rename(target)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        _fsync(self.folder)
        self._point("latest", target)
        if best:
            self._point("best", target)
        self._rotate()
        return target

    def mend(self) -> None:
        """Finish what a kill between storing a checkpoint and its tidying up has left undone."""
        for part in self.folder.glob(".*.part"):
            if part.is_symlink():
                part.unlink()
            else:
                shutil.rmtree(part)
        if (newest := self.latest()) is None:
            return
        self._point("latest", newest)
        scores = {
            checkpoint: read_json(checkpoint / FACTS).get("best") for checkpoint in self.all()
        }
        if scores[newest] is not None:
            # Each names the best score so far: the first to name this one has reached it.
            self._point("best", next(one for one in scores if scores[one] == scores[newest]))
        self._rotate()

    def _point(self, name: str, target: Path) -> None:
        temporary = self.folder / f".{name}.part"
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(target.name)
        os.replace(temporary, self.folder / name)

    def _rotate(self) -> None:
        kept = {(self.folder / name).resolve() for name in ("latest", "best")}
        for old in self.all()[: -self.keep]:
            if old.resolve() not in kept:
                self._discard(old)

    def _discard(self, checkpoint: Path) -> None:
        """Remove a checkpoint that may be there; at no moment is there half of one."""
        if not checkpoint.exists():
            return
        gone = self.folder / f".{checkpoint.name}.old.part"
        shutil.rmtree(gone, ignore_errors=True)
        checkpoint.rename(gone)
        shutil.rmtree(gone)


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
