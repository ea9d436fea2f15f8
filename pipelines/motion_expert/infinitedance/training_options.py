"""What `train-motion` can be asked of InfiniteDance's networks beside what all trainings have."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.support.options import option
from pipelines.training.options import MODEL


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
    bridge_steps: int = option(
        0, "Updates in which the language model itself stays as it is.", low=0, panel=MODEL
    )
    references: int = option(10, "Dances that are found for a window.", low=1, panel=MODEL)
