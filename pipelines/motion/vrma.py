"""Dances as VRM animations (.vrma) for VRM avatars: VRMC_vrm_animation 1.0, a glTF extension.

The file holds a skeleton in VRM's T-pose, standing on the floor, and one animation: the hips move,
22 bones turn, nothing else. Players fit it to an avatar by the height of the hips at rest. The
rules: docs/reference/body.md#vrm-animation.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipelines.body.gltf import GltfBuffer, joint_animation, joint_nodes, refuse_empty, write_glb
from pipelines.body.mesh import SOLE_METRES, BodyMesh
from pipelines.motion.motion import Motion
from pipelines.motion.rest_pose import reposed, sole_height

VRM_BONES: tuple[str, ...] = (
    "hips", "leftUpperLeg", "rightUpperLeg", "spine", "leftLowerLeg", "rightLowerLeg", "chest",
    "leftFoot", "rightFoot", "upperChest", "leftToes", "rightToes", "neck", "leftShoulder",
    "rightShoulder", "head", "leftUpperArm", "rightUpperArm", "leftLowerArm", "rightLowerArm",
    "leftHand", "rightHand",
)  # fmt: skip
"""VRM's names of the first 22 SMPL joints; SMPL's hand joints have none."""


def save_vrma(motion: Motion, path: Path, body: BodyMesh) -> None:
    """Write a VRM animation at the dance's own frame rate, whole or not at all.

    Args:
        body: whose proportions the skeleton has.

    Raises:
        UnsuitableInput: no frames, or values that are not finite.
    """
    refuse_empty(path, motion.poses, motion.trans)
    count = len(VRM_BONES)
    danced = reposed(motion.rotations(), body.offsets)
    offsets = danced.offsets.copy()
    offsets[0] = (0.0, sole_height(danced.offsets, SOLE_METRES), 0.0)
    buffer = GltfBuffer()
    document = {
        "asset": {"version": "2.0", "generator": "macedance"},
        "extensionsUsed": ["VRMC_vrm_animation"],
        "extensions": {
            "VRMC_vrm_animation": {
                "specVersion": "1.0",
                "humanoid": {
                    "humanBones": {bone: {"node": node} for node, bone in enumerate(VRM_BONES)}
                },
            }
        },
        "scene": 0,
        "scenes": [{"name": "dance", "nodes": [0]}],
        "nodes": joint_nodes(VRM_BONES, offsets),
        "animations": [
            joint_animation(
                buffer, danced.rotations[:, :count], motion.trans.astype(np.float64), motion.fps
            )
        ],
    }
    write_glb(path, document, buffer)
