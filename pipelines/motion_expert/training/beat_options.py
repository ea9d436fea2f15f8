"""What the trainings of several networks can be asked about the beat, declared once."""

from __future__ import annotations

from pipelines.support.options import option
from pipelines.training.options import MODEL

BEAT_GATE = option(
    None, "Let the beat clock gate every frame.", shown="the preset's choice", negatable=True,
    panel=MODEL, named="if given",
)  # fmt: skip
IN_STEP = option(
    False,
    "Move each window's song by up to half a beat, so that its steps land on the beats, and "
    "learn most from what keeps time. For dance that was recorded without its music.",
    panel=MODEL,
    named="if given",
)
