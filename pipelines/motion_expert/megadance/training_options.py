"""What `train-motion` can be asked of MEGADance's networks beside what all trainings have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipelines.motion_expert.training.beat_options import BEAT_GATE, IN_STEP
from pipelines.support.options import option, same
from pipelines.training.options import MODEL


@dataclass(frozen=True)
class MegaDanceTrainingOptions:
    """The own options of training MEGADance; `option` says what each field is."""

    tokenizer: str = option(
        "", "Run whose tokens the generator learns.", metavar="FOLDER", panel=MODEL
    )
    quantizer: Literal["fsq", "vq"] = option(
        "fsq", "How the tokenizer rounds: to fixed levels, or to learnt codes.", panel=MODEL
    )
    kinematic_loss: bool = option(True, "Hold the tokenizer to joints in space.", panel=MODEL)
    dynamic_loss: bool = option(True, "Hold the tokenizer to speeds.", panel=MODEL)
    drift_loss: float = option(
        1.0, "Hold the tokenizer to the root's way.", low=0, metavar="WEIGHT", panel=MODEL
    )
    speed_loss: float = option(
        0.0, "Hold the tokenizer to how fast joints move, whenever they do.", low=0,
        metavar="WEIGHT", panel=MODEL,
    )  # fmt: skip
    tokens: Literal["levels", "flat"] = option(
        "levels", "Predict a token by its levels, or as one of 4375.", panel=MODEL
    )
    expert_layout: Literal["parallel", "sequential"] = option(
        "parallel", "Experts side by side (paper), or one after the other (published code).",
        panel=MODEL,
    )  # fmt: skip
    late_music: bool = option(
        False, "Hear the music a token late, as the published code does.", panel=MODEL
    )
    without: Literal["nothing", "special", "universal", "mamba"] = option(
        "nothing", "Leave experts or Mamba out, to see what they are for.", panel=MODEL
    )
    beat_gate: bool | None = same(BEAT_GATE)
    in_step: bool = same(IN_STEP)
