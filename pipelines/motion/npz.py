"""Our own motion file: an AMASS-style .npz (DESIGN: conventions)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipelines.files import atomic_path
from pipelines.motion.motion import Motion


def save_npz(motion: Motion, target: Path) -> None:
    """Write poses (T, 72), trans (T, 3), mocap_framerate, gender, betas, genre and source.

    The file appears whole or not at all, and the same motion gives the same bytes.
    """
    with atomic_path(target) as temporary, temporary.open("wb") as stream:
        np.savez(
            stream,
            poses=motion.poses.reshape(-1, 72),
            trans=motion.trans,
            mocap_framerate=np.float64(motion.fps),
            gender=np.str_(motion.gender),
            betas=motion.betas,
            genre=np.str_(motion.genre or ""),
            source=np.str_(motion.source),
        )
