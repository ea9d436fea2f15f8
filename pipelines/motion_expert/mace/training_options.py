"""What `train-motion` can be asked of MACE's network beside what all trainings have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipelines.motion_expert.training.beat_options import BEAT_GATE, IN_STEP
from pipelines.support.options import option, same
from pipelines.training.options import MODEL


@dataclass(frozen=True)
class MaceTrainingOptions:
    """The own options of training MACE; `option` says what each field is."""

    backbone: Literal["bimamba", "mamba", "transformer"] = option(
        "bimamba", "What mixes the frames.", panel=MODEL
    )
    beat_clock: bool | None = option(
        None, "Let the network hear the beats counted.", shown="the preset's choice",
        negatable=True, panel=MODEL,
    )  # fmt: skip
    beat_gate: bool | None = same(BEAT_GATE)
    in_step: bool = same(IN_STEP)
    beta_one: float = option(
        0.0, "Share of windows that are trained at beta 1.", low=0, high=1, metavar="SHARE",
        panel=MODEL, named="if given",
    )  # fmt: skip
    guidance: Literal["gft", "cfg"] = option(
        "gft", "Guidance-free training, or classifier-free guidance.", panel=MODEL
    )
    objective: Literal["balanced", "paper", "official"] = option(
        "balanced",
        "The paper's losses balanced over the noise, as they stand in the paper, or those of its "
        "published code.",
        panel=MODEL,
    )
