"""Which joint of a foreign skeleton plays which part of the body: one table for all conventions."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.support.errors import UnsuitableInput

REQUIRED: tuple[str, ...] = (
    "pelvis", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle",
    "left_shoulder", "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
    "head",
)  # fmt: skip
"""Parts without which no SMPL pose can be made; toes, neck, collars and spine are optional."""


@dataclass(frozen=True)
class Convention:
    """A family of joint names: (left word, right word) and, per part, the names it goes by."""

    sides: tuple[str, str]
    parts: dict[str, tuple[str, ...]]


_MIXAMO_ARMS = {
    "collar": ("{side}Shoulder",), "shoulder": ("{side}Arm",),
    "elbow": ("{side}ForeArm",), "wrist": ("{side}Hand",),
    "hand": ("{side}HandMiddle1", "{side}InHandMiddle", "{side}HandEnd", "{side}Hand_end"),
}  # fmt: skip

CONVENTIONS: dict[str, Convention] = {
    "SMPL": Convention(("left", "right"), {
        "pelvis": ("pelvis", "root"), "neck": ("neck",), "head": ("head",),
        "hip": ("{side}_hip",), "knee": ("{side}_knee",), "ankle": ("{side}_ankle",),
        "foot": ("{side}_foot",), "collar": ("{side}_collar",), "shoulder": ("{side}_shoulder",),
        "elbow": ("{side}_elbow",), "wrist": ("{side}_wrist",), "hand": ("{side}_hand",),
    }),
    "SMPL (official rig)": Convention(("L", "R"), {
        "pelvis": ("Pelvis",), "neck": ("Neck",), "head": ("Head",),
        "hip": ("{side}_Hip",), "knee": ("{side}_Knee",), "ankle": ("{side}_Ankle",),
        "foot": ("{side}_Foot",), "collar": ("{side}_Collar",), "shoulder": ("{side}_Shoulder",),
        "elbow": ("{side}_Elbow",), "wrist": ("{side}_Wrist",), "hand": ("{side}_Hand",),
    }),
    "SOMA": Convention(("Left", "Right"), {
        "pelvis": ("Hips",), "neck": ("Neck1",), "head": ("Head",),
        "hip": ("{side}Leg",), "knee": ("{side}Shin",), "ankle": ("{side}Foot",),
        "foot": ("{side}ToeBase",), **_MIXAMO_ARMS,
    }),
    "Mixamo, MotionBuilder, LAFAN, Motorica": Convention(("Left", "Right"), {
        "pelvis": ("Hips",), "neck": ("Neck", "Neck1"), "head": ("Head",),
        "hip": ("{side}UpLeg",), "knee": ("{side}Leg",), "ankle": ("{side}Foot",),
        "foot": ("{side}ToeBase", "{side}Toe", "{side}Foot_end"), **_MIXAMO_ARMS,
    }),
    "CMU (plain BVH)": Convention(("Left", "Right"), {
        "pelvis": ("Hips",), "neck": ("Neck",), "head": ("Head",),
        "hip": ("{side}Hip",), "knee": ("{side}Knee",), "ankle": ("{side}Ankle",),
        "foot": ("{side}Toe", "{side}Ankle_end"), "collar": ("{side}Collar",),
        "shoulder": ("{side}Shoulder",), "elbow": ("{side}Elbow",), "wrist": ("{side}Wrist",),
        "hand": ("{side}Wrist_end",),
    }),
    "CMU (Daz-friendly BVH)": Convention(("l", "r"), {
        "pelvis": ("hip",), "neck": ("neck",), "head": ("head",),
        "hip": ("{side}Thigh",), "knee": ("{side}Shin",), "ankle": ("{side}Foot",),
        "foot": ("{side}Foot_end",), "collar": ("{side}Collar",), "shoulder": ("{side}Shldr",),
        "elbow": ("{side}ForeArm",), "wrist": ("{side}Hand",), "hand": ("{side}Mid1",),
    }),
    "CMU (ASF/AMC)": Convention(("l", "r"), {
        "pelvis": ("root",), "neck": ("lowerneck",), "head": ("head",),
        "hip": ("{side}femur",), "knee": ("{side}tibia",), "ankle": ("{side}foot",),
        "foot": ("{side}toes", "{side}foot_end"), "collar": ("{side}clavicle",),
        "shoulder": ("{side}humerus",), "elbow": ("{side}radius",), "wrist": ("{side}hand",),
        "hand": ("{side}fingers",),
    }),
    "physics humanoid": Convention(("left", "right"), {
        "pelvis": ("pelvis", "root"), "head": ("head",),
        "hip": ("{side}_thigh", "{side}_hip"), "knee": ("{side}_shin", "{side}_knee"),
        "ankle": ("{side}_foot", "{side}_ankle"), "foot": ("{side}_toe",),
        "shoulder": ("{side}_upper_arm",), "elbow": ("{side}_lower_arm",),
        "wrist": ("{side}_hand",),
    }),
}  # fmt: skip

_MIDDLE = ("pelvis", "neck", "head")


def find_parts(names: tuple[str, ...], path: str = "") -> dict[str, int]:
    """Index of the source joint that plays each part ("left_knee", ...), parts that exist only.

    Names are compared without case, namespace ("mixamorig:") or a prefix that all of them share.

    Raises:
        UnsuitableInput: naming the missing parts under the convention that fits best.
    """
    index = {key: joint for joint, key in reversed(list(enumerate(plain_names(names))))}
    best: dict[str, int] = {}
    for convention in CONVENTIONS.values():
        found = _match(convention, index)
        if all(part in found for part in REQUIRED):
            return found
        best = max(best, found, key=len)
    missing = ", ".join(part.replace("_", " ") for part in REQUIRED if part not in best)
    raise UnsuitableInput(
        f"{path or 'skeleton'}: unknown skeleton, no joint for {missing}",
        f"name the joints as in one of: {'; '.join(CONVENTIONS)}",
    )


def plain_names(names: tuple[str, ...]) -> list[str]:
    """Joint names in lower case, without namespace and without a prefix that all share."""
    bare = [name.split(":")[-1].lower() for name in names]
    bare = [name[6:] if name[:6] in ("m_avg_", "f_avg_") else name for name in bare]
    prefixes = {name.split("_")[0] for name in bare if not name.endswith("_end")}
    if len(prefixes) == 1 and all("_" in name for name in bare):
        bare = [name.split("_", 1)[1] for name in bare]
    return bare


def _match(convention: Convention, index: dict[str, int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part, aliases in convention.parts.items():
        wanted = [(part, "")] if part in _MIDDLE else [
            (f"{side}_{part}", word)
            for side, word in zip(("left", "right"), convention.sides, strict=True)
        ]  # fmt: skip
        for full_part, word in wanted:
            for alias in aliases:
                joint = index.get(alias.format(side=word).lower())
                if joint is not None:
                    found[full_part] = joint
                    break
    return found
