"""What can be asked of Wan-Animate and of what is called like it; each option declared once."""

from __future__ import annotations

from typing import Any, Literal

from pipelines.appearance_expert.interface import WAN
from pipelines.appearance_expert.wan.profiles import AUTO, NAMES
from pipelines.support.options import option

DANCING = "视频中的人在跳舞"
"""The prompt that MACE-Dance uses: the person in the video is dancing."""
FacePolicy = Literal["neutral", "none"]
FACE_POLICIES: tuple[FacePolicy, ...] = ("neutral", "none")
"""What the face branch sees where it is not a clip's faces: the picture's face, or black."""


def profile() -> Any:
    """Declare --profile."""
    return option(
        AUTO, "How it fits the graphics card: 80gb, 48gb, 24gb, 16gb or cpu.", choices=NAMES,
        shown="auto: by the memory that is free", metavar="CARD", panel=WAN,
    )  # fmt: skip


def gguf() -> Any:
    """Declare --gguf."""
    return option(
        None, "A quantised transformer instead of the one in --model.", metavar="FILE.gguf",
        panel=WAN,
    )  # fmt: skip


def adapter() -> Any:
    """Declare --adapter."""
    return option(None, "Lay this body adapter over it.", panel=WAN, named=False)


def lora() -> Any:
    """Declare --lora."""
    return option(
        (), "Merge this LoRA, at scale 1 if none is given; may be repeated.",
        metavar="FILE[:SCALE]", panel=WAN,
    )  # fmt: skip


def face(default: FacePolicy = "neutral") -> Any:
    """Declare --face."""
    return option(
        default,
        "Expressions: neutral keeps the picture's, none leaves them open, a video gives its.",
        shown="neutral, of tiny none", metavar="neutral|none|FILE", panel=WAN,
    )  # fmt: skip


def prompt() -> Any:
    """Declare --prompt."""
    return option(
        DANCING, "What the video shows.", shown="a person dances, in Chinese", metavar="TEXT",
        panel=WAN,
    )  # fmt: skip


def sampling_steps(default: int | None = 20) -> Any:
    """Declare --wan-sampling-steps."""
    return option(
        default, "Sampling steps; 4 to 6 with a step-distilled LoRA.", low=1, high=200,
        shown="20, of tiny 10", panel=WAN, former=("wan_steps",),
    )  # fmt: skip


def forecast() -> Any:
    """Declare --forecast."""
    return option(
        False, "Forecast every other step of the middle instead of computing it.", panel=WAN
    )


def projector() -> Any:
    """Declare --projector."""
    return option(
        "exact", "Skeletons from the dance's own joints, or as the paper found in a drawn body.",
        panel=WAN,
    )  # fmt: skip
