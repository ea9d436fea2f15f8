"""Writers by suffix, alike in what they take: the dance, the file, the body that is skinned."""

from __future__ import annotations

from pathlib import Path

from pipelines.body.glb import save_glb
from pipelines.body.mesh import BodyMesh
from pipelines.motion.bvh_export import save_bvh
from pipelines.motion.motion import Motion
from pipelines.motion.npz import save_npz
from pipelines.motion.smplx_npz import save_smplx
from pipelines.motion.vmd import save_vmd
from pipelines.motion.vrma import save_vrma


def as_npz(motion: Motion, path: Path, body: BodyMesh) -> None:
    """Ours, which AMASS's readers open; without a body."""
    save_npz(motion, path)


def as_bvh(motion: Motion, path: Path, body: BodyMesh) -> None:
    """BVH; without a body."""
    save_bvh(motion, path)


def as_glb(motion: Motion, path: Path, body: BodyMesh) -> None:
    """Binary glTF: the body on its skeleton, animated."""
    save_glb(path, body, motion.rotations(), motion.trans, motion.fps)


def as_vrma(motion: Motion, path: Path, body: BodyMesh) -> None:
    """A VRM animation of the body's skeleton."""
    save_vrma(motion, path, body)


def as_smplx(motion: Motion, path: Path, body: BodyMesh) -> None:
    """SMPL-X as AMASS keeps it; without a body."""
    save_smplx(motion, path)


def as_vmd(motion: Motion, path: Path, body: BodyMesh) -> None:
    """Vocaloid Motion Data of the body's bones, at 30 frames a second."""
    save_vmd(motion, path, body)
