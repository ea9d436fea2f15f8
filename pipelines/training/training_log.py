"""What a training run writes down while it runs: log.jsonl, and TensorBoard beside it."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.support.files import write_text


class TrainingLog:
    """One JSON object per line in `<folder>/log.jsonl`; the same numbers in `<folder>/tensorboard`.

    Lines of steps after `step` are dropped first: a resumed run does them again.

    Args:
        folder: the run's folder.
        step: the step from which the run goes on.
    """

    def __init__(self, folder: Path, step: int) -> None:
        self._path = folder / "log.jsonl"
        folder.mkdir(parents=True, exist_ok=True)
        if self._path.exists():
            write_text(self._path, "".join(_lines_until(self._path, step)))
        self._stream = self._path.open("a", encoding="utf-8")
        self._board = _tensorboard(folder / "tensorboard", step)

    def write(self, step: int, kind: str, numbers: dict[str, float]) -> None:
        """Add one line: `kind` is "train", "validation" or "sample"."""
        line = {"step": step, "kind": kind, "time": round(time.time(), 3), **numbers}
        self._stream.write(json.dumps(line) + "\n")
        self._stream.flush()
        if self._board is not None:
            for name, value in numbers.items():
                self._board.add_scalar(f"{kind}/{name}", value, step)

    def show(self, step: int, name: str, frames_THW3: NDArray[np.uint8], fps: float) -> None:
        """Put a video into TensorBoard, which plays it as a GIF."""
        if self._board is None:
            return
        from PIL import Image
        from tensorboard.compat.proto.summary_pb2 import Summary

        stored = io.BytesIO()
        first, *others = (Image.fromarray(frame) for frame in frames_THW3)
        first.save(
            stored, "GIF", save_all=True, append_images=others, duration=1000 / fps, loop=0
        )  # fmt: skip
        _, height, width, _ = frames_THW3.shape
        image = Summary.Image(
            height=height, width=width, colorspace=3, encoded_image_string=stored.getvalue()
        )
        summary = Summary(value=[Summary.Value(tag=name, image=image)])
        self._board._get_file_writer().add_summary(summary, step)

    def close(self) -> None:
        """Flush and close both."""
        self._stream.close()
        if self._board is not None:
            self._board.close()


def read_log(folder: Path) -> list[dict[str, Any]]:
    """Every whole line of a run's log, in order."""
    return [json.loads(line) for line in _lines_until(folder / "log.jsonl", None)]


def _lines_until(path: Path, step: int | None) -> list[str]:
    """Lines up to and including `step`; a line cut short by a kill is dropped."""
    kept = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:
            continue
        if step is None or entry["step"] <= step:
            # A kill may have cut off no more than the end of the line.
            kept.append(line + "\n")
    return kept


def _tensorboard(folder: Path, step: int) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(folder), purge_step=step + 1 if step else None, max_queue=100)
