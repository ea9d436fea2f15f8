"""G1 Moves: dances captured without markers and put onto a Unitree G1 robot, as BVH (CC BY 4.0).

The robot has no neck, collar or toe joints; its root's way is true. Names begin with the performer,
B_ Mitch Chaiet or J_ Jasmine Coro, and most say what is danced.
"""

from __future__ import annotations

from pathlib import Path

from pipelines.motion.formats import load_motion
from pipelines.motion.grounding import on_floor, settled
from pipelines.motion.motion import Motion
from pipelines.support.conventions import MOTION_FPS

LICENCE = "CC BY 4.0"
COLLECTION = "G1 Moves"

GENRES: dict[str, str] = {
    "B_DadDance": "party", "B_LongDance": "party", "B_WiggleDance": "party",
    "B_SpiralDance": "modern", "B_StretchDance": "modern", "J_Dance0_StepTouch": "party",
    "J_Dance1_Modern": "modern", "J_Dance2_Salsa": "salsa", "J_Dance3_Woah": "commercial",
    "J_Dance5_Hype": "party", "J_Dance6_Sassy": "commercial", "J_Dance7_Party": "party",
    "J_Dance8_WestCoast": "west coast", "J_Dance9_PeaceMaker": "commercial",
    "J_Dance11_Gnarly": "commercial", "J_Dance12_LushLife": "commercial",
    "J_Dance17_Shuffle": "shuffle", "J_Dance18_TikTok": "commercial", "J_Dance19_LetsGO": "party",
    "J_Dance20_DWG": "commercial", "J_Dance21_Blunt": "commercial",
    "J_Dance22_Thrilling": "commercial", "J_Dance23_MidnightSun": "commercial",
    "J_ShortDance13_SingleLadies": "commercial", "J_ShortDance15_Nineties": "commercial",
    "J_ShortDance16_JazzWalk": "jazz walk",
}  # fmt: skip
"""Take -> style, by what the performers called it; dances called by a song are commercial."""

_PERFORMERS = {"B": "Mitch Chaiet", "J": "Jasmine Coro"}


def performer(stem: str) -> str:
    """Who danced the take of this name."""
    return _PERFORMERS[stem[0]]


def read_take(path: Path) -> Motion:
    """A take at 30 fps, on the floor z = 0.

    Raises:
        UnsuitableInput: broken file.
    """
    return settled(on_floor(load_motion(path).resampled(MOTION_FPS)))
