"""The protocols of `evaluate`: one row each, and nothing imported before it is used."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.evaluation.profiles import KEYPOINT_PROFILES, MOTION_PROFILES


@dataclass(frozen=True)
class ProtocolRow:
    """One protocol.

    Attributes:
        made_by: "module:class" of what measures by it, of the whole config; "": people judge.
        profiles: whose definitions it can go by.
        instead: for a protocol with no profile but the strict one: what its conventions are.
        windowed: the profiles that can take features over pieces of a dance (--window).
        networks: whether trained networks can judge too (--genre-classifier,
            --contrastive-evaluator).
        wants_truth: what it does that takes recordings; "" where it can do without.
    """

    made_by: str
    profiles: tuple[str, ...] = ("strict",)
    instead: str = ""
    windowed: tuple[str, ...] = ()
    networks: bool = False
    wants_truth: str = ""

    @property
    def asks_people(self) -> bool:
        """Whether people judge, in place of a measure."""
        return not self.made_by


PROTOCOLS: dict[str, ProtocolRow] = {
    "motion-3d": ProtocolRow(
        "pipelines.evaluation.protocols.motion_3d:Motion3D",
        tuple(MOTION_PROFILES),
        windowed=("strict",),
        networks=True,
    ),
    "motion-appearance": ProtocolRow(
        "pipelines.evaluation.protocols.motion_appearance:MotionAppearance",
        tuple(KEYPOINT_PROFILES),
    ),
    "animation": ProtocolRow(
        "pipelines.evaluation.protocols.animation:Animation",
        instead="its conventions are --video-frames, --video-fps, --video-side, --fvd and "
        "--lpips-disco-compat",
        wants_truth="compares frame by frame",
    ),
    "user-study": ProtocolRow("", instead="people judge by themselves"),
}


def profile_names() -> tuple[str, ...]:
    """The profiles of all protocols, each once."""
    return tuple(dict.fromkeys(name for row in PROTOCOLS.values() for name in row.profiles))
