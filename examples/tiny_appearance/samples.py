"""Small videos of many clips in one file: a zip of WebP pictures, row/clip/frame."""

from __future__ import annotations

import zipfile
from pathlib import Path

import cv2
import numpy as np

from pipelines.support.files import atomic_path


def save_rows(path: Path, rows: dict[str, np.ndarray], quality: int = 95) -> None:
    """Write uint8 RGB videos (N, T, H, W, 3) by the names of their rows."""
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for row, clips in rows.items():
            for number, clip in enumerate(clips):
                for at, frame in enumerate(clip):
                    bgr = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
                    _, data = cv2.imencode(".webp", bgr, [cv2.IMWRITE_WEBP_QUALITY, quality])
                    archive.writestr(f"{row}/{number:03d}/{at:03d}.webp", data.tobytes())
