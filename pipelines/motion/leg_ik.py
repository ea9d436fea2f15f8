"""Analytic two-bone inverse kinematics for both legs of the SMPL skeleton.

Shapes: T frames; everything is vectorised over them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from pipelines.body.skeleton import JOINT, OFFSETS

Floats = NDArray[np.float64]

_LONGEST = 0.999
"""Share of full extension that a leg may be stretched to; a straighter leg may stay as it was."""


def leg_length(side: str) -> tuple[float, float]:
    """Lengths of thigh and shin, metres."""
    thigh = float(np.linalg.norm(OFFSETS[JOINT[f"{side}_knee"]]))
    return thigh, float(np.linalg.norm(OFFSETS[JOINT[f"{side}_ankle"]]))


def reach(
    side: str, positions_TJ3: Floats, globals_TJ33: Floats, ankle_T3: Floats, toes_T3: Floats
) -> dict[str, Floats]:
    """New global rotations (T, 3, 3) of hip, knee and ankle that bring the foot to its targets.

    The knee keeps the side to which it points; bones keep their length. A target out of reach is
    met in direction only.

    Args:
        side: "left" or "right".
        positions_TJ3, globals_TJ33: forward kinematics of the present motion.
        ankle_T3: where the ankle should be.
        toes_T3: where the toes should be; the foot is turned towards them.
    """
    hip, knee, ankle, toes = (
        positions_TJ3[:, JOINT[f"{side}_{name}"]] for name in ("hip", "knee", "ankle", "foot")
    )
    turns = {name: globals_TJ33[:, JOINT[f"{side}_{name}"]] for name in ("hip", "knee", "ankle")}
    thigh, shin = leg_length(side)
    old_length = np.linalg.norm(ankle - hip, axis=-1)
    longest = np.maximum(_LONGEST * (thigh + shin), old_length)
    length = np.clip(np.linalg.norm(ankle_T3 - hip, axis=-1), abs(thigh - shin) + 1e-3, longest)
    old_line, line = _unit(ankle - hip), _unit(ankle_T3 - hip)
    hinge = _hinge(np.cross(knee - hip, ankle - knee) / (thigh * shin), turns["hip"][..., 0])
    hinge = np.einsum("tij,tj->ti", _arcs(old_line, line), hinge)
    hinge = _unit(hinge - _dot(hinge, line) * line)
    cosine = np.clip((length**2 + thigh**2 - shin**2) / (2 * length * thigh), -1, 1)[:, None]
    forward = np.cross(line, hinge)
    new_knee = hip + thigh * (cosine * line + np.sqrt(1 - cosine**2) * forward)
    new_ankle = hip + length[:, None] * line
    swing = _arcs(old_line, line)
    new_hip_turn = _aimed(swing @ turns["hip"], knee - hip, new_knee - hip, swing)
    new_knee_turn = _aimed(swing @ turns["knee"], ankle - knee, new_ankle - new_knee, swing)
    new_foot = _arcs(_unit(toes - ankle), _unit(toes_T3 - ankle_T3)) @ turns["ankle"]
    return {"hip": new_hip_turn, "knee": new_knee_turn, "ankle": new_foot}


def _hinge(bend: Floats, left: Floats) -> Floats:
    """The axis about which a knee bends; a straight or overstretched knee takes the thigh's left.

    Without that, the knee of a leg that passes through straight would flip to its back.
    """
    overstretched = np.maximum(-_dot(bend, left), 0)
    result: Floats = bend + (0.005 + 2 * overstretched) * left
    return result


def _aimed(turn: Floats, old_bone: Floats, bone: Floats, swing: Floats) -> Floats:
    swung = _unit(np.einsum("tij,tj->ti", swing, old_bone))
    result: Floats = _arcs(swung, _unit(bone)) @ turn
    return result


def _arcs(source_T3: Floats, target_T3: Floats) -> Floats:
    """Shortest rotations (T, 3, 3) between unit vectors."""
    axis = np.cross(source_T3, target_T3)
    sine = np.linalg.norm(axis, axis=-1, keepdims=True)
    angle = np.arctan2(sine, _dot(source_T3, target_T3))
    vectors = axis / np.maximum(sine, 1e-12) * angle
    result: Floats = Rotation.from_rotvec(vectors).as_matrix()
    return result


def _unit(vectors: Floats) -> Floats:
    result: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
    return result


def _dot(a: Floats, b: Floats) -> Floats:
    result: Floats = (a * b).sum(-1, keepdims=True)
    return result
