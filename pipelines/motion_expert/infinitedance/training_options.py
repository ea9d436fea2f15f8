"""What `train-motion` can be asked of InfiniteDance's networks beside what all trainings have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipelines.motion_expert.infinitedance.clock import WINDOW, Span
from pipelines.motion_expert.training.beat_options import IN_STEP
from pipelines.support.errors import BadUsage
from pipelines.support.options import option, same
from pipelines.training.options import MODEL

_HEARING = ("retrieval", "generator")


@dataclass(frozen=True)
class InfiniteDanceTrainingOptions:
    """The own options of training InfiniteDance; `option` says what each field is."""

    tokenizer: str = option(
        "", "Run whose tokens the generator learns.", metavar="FOLDER", panel=MODEL
    )
    retrieval: str = option(
        "", "Run that finds the references that the generator hears.", shown="none are heard",
        metavar="FOLDER", panel=MODEL,
    )  # fmt: skip
    llama: str = option(
        "", "Begin with the LLaMA of this folder.", shown="random weights", metavar="FOLDER",
        panel=MODEL,
    )  # fmt: skip
    dance_window: int = option(
        WINDOW.frames, "Frames that retrieval and generator see at once; whole cells of 12.",
        low=12, metavar="FRAMES", panel=MODEL,
    )  # fmt: skip
    bridge_steps: int = option(
        0, "Updates in which the language model itself stays as it is.", low=0, panel=MODEL
    )
    references: int = option(10, "Dances that are found for a window.", low=1, panel=MODEL)
    token_inputs: Literal["embeddings", "indices"] = option(
        "embeddings", "What stands for a token: its code, or a learned vector.", panel=MODEL
    )
    fusion: Literal["gated", "concat"] = option(
        "gated", "How the cadence experts become one: weights (paper), or side by side (code).",
        panel=MODEL,
    )  # fmt: skip
    band_edge: float = option(
        6.25, "Frequency at which a reference is split into two bands.", above=0,
        high=12.5, metavar="HZ", panel=MODEL,
    )  # fmt: skip
    cadence_experts: bool = option(
        True, "Hear music and references through experts; else through one layer.", panel=MODEL
    )
    in_step: bool = same(IN_STEP)

    music_features: Literal["librosa35", "bailando55", "muq"] = option(
        "librosa35",
        "What retrieval and generator hear of the music; muq: the user's own, non-commercial.",
        panel=MODEL, named="if given",
    )  # fmt: skip

    def recipe(self, stage: str) -> str:
        """The name of the recipe that is heard besides the 35 features, "" for none.

        Raises BadUsage for a stage that hears no other.
        """
        if self.music_features == "librosa35":
            return ""
        if stage not in _HEARING:
            raise BadUsage(
                f"--music-features {self.music_features} means nothing to --stage {stage}",
                f"leave it out; --stage {' and '.join(_HEARING)} hear music",
            )
        return self.music_features

    def check_stage(self, stage: str, init: str, swap_timbre: float) -> None:
        """Raises BadUsage for what is asked of a stage that does not heed it."""
        for flag, given, stages in (
            ("--init", bool(init), ("tokenizer", "retrieval", "generator")),
            ("--swap-timbre", swap_timbre > 0, ("generator",)),
            ("--in-step", self.in_step, ("generator",)),
        ):
            if given and stage not in stages:
                raise BadUsage(
                    f"{flag} means nothing to --stage {stage}",
                    f"leave it out; it is for --stage {' and '.join(stages)}",
                )

    def whole_window(self) -> Span:
        """What is seen at once; raises BadUsage naming the flag where it is no whole cells."""
        if self.dance_window % Span(1).frames:
            raise BadUsage(
                f"--dance-window {self.dance_window}: is no multiple of {Span(1).frames} frames",
                f"use {Span.covering(self.dance_window).frames}",
            )
        return Span.of_frames(self.dance_window)
