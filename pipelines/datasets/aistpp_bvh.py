"""AIST++ without its root's way, as BVH: takes whose names tell the beats they were danced to.

The CC BY 4.0 annotations as the MotionMind project retargeted them: ankles nearly rigid, no toes,
x and z of the root gone, the lowest foot always on the floor. The soles are levelled, leaps get
their height back where the source is at hand (`aistpp_heights`), the way over the floor is solved
anew from the feet, and the feet are planted where the solver saw them stand. Take names:
gHO_sBM_cAll_d19_mHO0_ch01 is house, a basic dance, by dancer d19 to music mHO0, choreography ch01.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.body.feet import foot_heights
from pipelines.datasets.aistpp_heights import flights, pelvis_heights
from pipelines.motion.formats import load_motion
from pipelines.motion.motion import Motion
from pipelines.motion.repair import repair
from pipelines.motion.root_from_feet import root_from_feet
from pipelines.motion.smoothing import smoothed
from pipelines.motion.soles import level_soles
from pipelines.motion.stepping_over import step_over
from pipelines.music.features import bpm_of_aist_name
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import UnsuitableInput

LICENCE = "CC BY 4.0"
COLLECTION = "AIST++"

GENRES: dict[str, str] = {
    "BR": "break", "PO": "popping", "LO": "lock", "MH": "middle hip-hop", "LH": "la hip-hop",
    "HO": "house", "WA": "waack", "KR": "krump", "JS": "street jazz", "JB": "ballet jazz",
}  # fmt: skip
"""AIST's codes and the names of the styles."""

_NAME = re.compile(
    r"g(?P<genre>[A-Z]{2})_s(?P<kind>BM|FM)_cAll_d(?P<dancer>\d+)_(?P<music>m[A-Z]{2}\d)_ch(?P<ch>\d+)"
)
_TREMBLE_SECONDS = 0.2


@dataclass(frozen=True)
class AistName:
    """What a take's name says.

    Attributes:
        genre: ordinary name. dancer: such as d19. choreography: dancer and chNN.
        bpm: tempo of the music, whose first beat is the take's first frame.
    """

    genre: str
    dancer: str
    choreography: str
    bpm: float


def parse_name(stem: str) -> AistName | None:
    """The parts of a take's name, or None if it is none of AIST++."""
    found = _NAME.fullmatch(stem)
    if found is None or found["genre"] not in GENRES:
        return None
    bpm = bpm_of_aist_name(f"_{found['music']}_")
    if bpm is None:
        return None
    dancer = f"d{found['dancer']}"
    choreography = f"{dancer}_{found['kind']}_ch{found['ch']}"
    return AistName(GENRES[found["genre"]], dancer, choreography, bpm)


def beat_grid(name: AistName, seconds: float) -> NDArray[np.float64]:
    """Seconds of the music's beats, from the first frame to one past the end."""
    period = 60.0 / name.bpm
    return np.arange(int(np.ceil(seconds / period)) + 1) * period


def read_take(path: Path, heights: Path | None = None) -> tuple[Motion, NDArray[np.float32]]:
    """A take at 30 fps with its way over the floor solved anew, and its contacts (T, 4).

    Args:
        path: BVH file. heights: the JSON file that it was made from, if at hand.

    Raises:
        UnsuitableInput: broken, or without a whole piece that a dancer can have danced.
    """
    motion = load_motion(path).resampled(MOTION_FPS)
    mended = repair(motion)
    if not mended.pieces or mended.pieces[0][0] != 0 or mended.cut:
        raise UnsuitableInput(f"{path}: limbs jump in {mended.cut} frames")
    motion = smoothed(mended.pieces[0][1], _TREMBLE_SECONDS)
    grounded = lowest_foot_down(level_soles(motion))
    if heights is not None:
        lift = flights(pelvis_heights(heights), grounded.trans[:, 2].astype(np.float64))
        up = np.pad(lift[:, None], ((0, 0), (2, 0))).astype(np.float32)
        grounded = replace(grounded, trans=grounded.trans + up)
    solved, contacts = root_from_feet(grounded)
    return step_over(solved, contacts), contacts


def lowest_foot_down(motion: Motion) -> Motion:
    """The motion at such a height, frame by frame, that its lowest foot point is at z = 0."""
    trans = motion.trans.copy()
    trans[:, 2] -= foot_heights(motion.joints()).min(1).astype(np.float32)
    return replace(motion, trans=trans)
