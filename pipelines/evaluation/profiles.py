"""How each published script evaluates, as data: one frozen profile per script, and a strict one.

docs/evaluation.md has the same as one table. The fields are what a result's hash covers, so two
results with equal hashes were measured alike.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pipelines.support.errors import BadUsage
from pipelines.support.files import sha256_json

if TYPE_CHECKING:
    from pipelines.metrics.beat_alignment import Direction

VERSION = 1
"""Counts up with every change that changes a number."""

Profile = TypeVar("Profile")
Recipe = Literal["strict", "mace", "aist", "lodge", "megadance", "mace-2d"]


@dataclass(frozen=True)
class BeatRule:
    """How beats are found and compared (docs/reference/metrics.md#beat-alignment).

    Attributes:
        music: recipe of pipelines.music.beat_recipes.
        smoothing_frames: deviation of the Gaussian over the speed curve.
        order: neighbours on either side that a minimum must undercut.
        sigma_frames: tolerance.
        direction: whose beats are averaged over.
        published_timing: time a step at its first frame and lose ties, as all published scripts.
        without_beats: score of a dance that never rests; None: the script raises, so the clip has
            no score.
        without_music_beats: likewise for a song without beats.
    """

    music: Recipe
    smoothing_frames: float
    sigma_frames: float = 3.0
    order: int = 1
    direction: Direction = "music"
    published_timing: bool = True
    without_beats: float | None = None
    without_music_beats: float | None = None


@dataclass(frozen=True)
class SetRule:
    """How features become FID and DIV (docs/reference/metrics.md#distances-and-diversity).

    Attributes:
        reference: whose mean and deviation both sets are measured in; "own" gives each set its own
            (MACE's 2D script), which hides every difference of mean and scale.
        epsilon: added to deviations.
        unbiased: deviation over N - 1.
        skip_constant: leave out features that do not vary in the truth, which would otherwise be
            divided by epsilon alone.
        paired: only clips whose names occur in both sets count.
    """

    reference: Literal["truth", "own"] = "truth"
    epsilon: float = 1e-10
    unbiased: bool = False
    skip_constant: bool = False
    paired: bool = False


@dataclass(frozen=True)
class MotionProfile:
    """A way to measure 3D dances; docs/reference/metrics.md explains what differs.

    Attributes:
        fps: motions are resampled to this rate.
        frames, truth_frames: only so many first frames count; None: all.
        skeleton: whose bones stand under the rotations ("edge", "smplx-neutral").
        joints: 24, or 22 without the hands.
        centring: what is subtracted before features are taken.
        kinetic: which version of the kinetic features. kinetic_size: kept numbers.
        geometric_frame_time: seconds per frame in velocity tests; None: the true one.
        published_move: "move" ignores its fourth joint.
        fallen: MACE turns all joints by 90 degrees about y-up data's z axis, which lays the
            dancers down: up becomes -x
            (docs/reference/published-evaluation.md#mistakes-and-corrections, 6).
        euler_mistake: axis-angle vectors are read as Euler angles on the way (10 there).
        feet: which FSR. pfc_seconds: length of the pieces that PFC is taken over.
    """

    name: str
    about: str
    fps: float
    kinetic: Literal["strict", "fairmotion", "megadance"]
    beats: BeatRule
    sets: SetRule
    frames: int | None = None
    truth_frames: int | None = None
    skeleton: Literal["edge", "smplx-neutral"] = "edge"
    joints: int = 24
    centring: Literal["first root", "none", "lodge"] = "first root"
    kinetic_size: int = 72
    geometric_frame_time: float | None = 1 / 120
    published_move: bool = True
    fallen: bool = False
    euler_mistake: bool = False
    feet: Literal["strict", "lodge"] = "lodge"
    pfc_seconds: float | None = None


@dataclass(frozen=True)
class KeypointProfile:
    """A way to measure the 2D poses of dance videos.

    Attributes:
        fps: strict: poses are resampled to this rate by time; official: the rate that is assumed.
        frames: only so many first frames count, and clips with fewer are left out; None: all.
        official: the script of MACE-Dance with its joint table, axes and zeros
            (docs/reference/published-evaluation.md#mace-dance-in-2d), else corrected definitions.
        least_confidence: what is seen less surely is treated as unseen (strict).
        least_seen: share of frames in which a joint must be seen for its clip to count (strict).
    """

    name: str
    about: str
    fps: float
    beats: BeatRule
    sets: SetRule
    frames: int | None = None
    official: bool = False
    least_confidence: float = 0.3
    least_seen: float = 0.2


MOTION_PROFILES: dict[str, MotionProfile] = {
    profile.name: profile
    for profile in (
        MotionProfile(
            "strict", "every known mistake corrected",
            fps=30.0, kinetic="strict", geometric_frame_time=None, published_move=False,
            beats=BeatRule("strict", 5.0, published_timing=False, without_beats=0.0),
            sets=SetRule(skip_constant=True), feet="strict", pfc_seconds=5.0,
        ),
        MotionProfile(
            "mace3d-official", "the 3D script of MACE-Dance",
            fps=30.0, kinetic="megadance", kinetic_size=66, fallen=True,
            beats=BeatRule("mace", 5.0, without_music_beats=0.0),
            sets=SetRule(epsilon=1e-4, unbiased=True, paired=True),
        ),
        MotionProfile(
            "megadance", "the script of MEGADance",
            fps=30.0, frames=1024, truth_frames=1024, kinetic="megadance", euler_mistake=True,
            beats=BeatRule("megadance", 5.0, without_music_beats=0.0),
            sets=SetRule(unbiased=True, paired=True),
        ),
        MotionProfile(
            "lodge", "the script of Lodge",
            fps=30.0, frames=1024, truth_frames=1024, skeleton="smplx-neutral", joints=22,
            centring="lodge", kinetic="fairmotion", kinetic_size=66,
            beats=BeatRule("lodge", 5.0), sets=SetRule(),
        ),
        MotionProfile(
            "infinitedance", "the script of InfiniteDance",
            fps=30.0, frames=1024, truth_frames=1024, skeleton="smplx-neutral", joints=22,
            centring="lodge", kinetic="fairmotion", kinetic_size=66,
            beats=BeatRule("megadance", 5.0), sets=SetRule(),
        ),
        MotionProfile(
            "bailando", "the script of Bailando",
            fps=60.0, frames=1200, kinetic="fairmotion", beats=BeatRule("aist", 5.0),
            sets=SetRule(),
        ),
        MotionProfile(
            "mint", "the script of FACT, with AIST++'s",
            fps=60.0, frames=1200, centring="none", kinetic="fairmotion",
            beats=BeatRule("aist", 0.0, order=10, direction="motion"), sets=SetRule(),
        ),
    )
}  # fmt: skip

UNUSED_OUTPUTS = frozenset({"megadance"})
"""Profiles whose script also counts the outputs of a genre classifier that stand for no genre."""

KEYPOINT_PROFILES: dict[str, KeypointProfile] = {
    profile.name: profile
    for profile in (
        KeypointProfile(
            "strict", "every known mistake corrected", fps=30.0,
            beats=BeatRule("strict", 5.0, published_timing=False, without_beats=0.0),
            sets=SetRule(skip_constant=True),
        ),
        KeypointProfile(
            "mace2d-official", "the 2D script of MACE-Dance", fps=16.0, frames=64, official=True,
            beats=BeatRule("mace-2d", 3.5, without_beats=0.0, without_music_beats=0.0),
            sets=SetRule(reference="own", epsilon=1e-4, unbiased=True, paired=True),
        ),
    )
}  # fmt: skip


def motion_profile(name: str) -> MotionProfile:
    """The profile for 3D dances, or BadUsage with those that there are."""
    return _found(MOTION_PROFILES, name, "motion-3d")


def keypoint_profile(name: str) -> KeypointProfile:
    """The profile for 2D poses, or BadUsage with those that there are."""
    return _found(KEYPOINT_PROFILES, name, "motion-appearance")


def protocol_hash(protocol: str, settings: dict[str, Any]) -> str:
    """SHA-256 of all that decides how a number is computed."""
    return sha256_json({"protocol": protocol, "version": VERSION, "settings": settings})


def settings_of(profile: MotionProfile | KeypointProfile) -> dict[str, Any]:
    """A profile as JSON, without its description."""
    settings = asdict(profile)
    del settings["about"]
    return settings


def _found(profiles: dict[str, Profile], name: str, protocol: str) -> Profile:
    if name not in profiles:
        raise BadUsage(
            f"--profile {name}: not for --protocol {protocol}", f"choose {', '.join(profiles)}"
        )
    return profiles[name]
