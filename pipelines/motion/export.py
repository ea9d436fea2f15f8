"""Writing a dance as a file for other tools, chosen by its suffix."""

from __future__ import annotations

from pathlib import Path

from pipelines.body.glb import save_glb
from pipelines.body.mesh import BodyMesh
from pipelines.motion.bvh_export import save_bvh
from pipelines.motion.motion import Motion
from pipelines.motion.npz import save_npz

EXPORTS: tuple[str, ...] = ("bvh", "glb", "npz")


def export_motion(motion: Motion, path: Path, body: BodyMesh) -> None:
    """Write `path`, whole or not at all: .bvh, .npz, or .glb, for which the body is skinned.

    Raises:
        UnsuitableInput: the motion cannot be exported.
    """
    if path.suffix == ".glb":
        save_glb(path, body, motion.rotations(), motion.trans, motion.fps)
    elif path.suffix == ".bvh":
        save_bvh(motion, path)
    else:
        save_npz(motion, path)
