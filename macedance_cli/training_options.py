"""The options that both kinds of training have."""

from __future__ import annotations

from typing import Annotated, Any

from macedance_cli.options import RUNNING, option, switch

UPDATES, RHYTHM = "The updates", "Checks and checkpoints"


def batch_size(items: str, default: int) -> Any:
    """Declare --batch-size in items of that name."""
    text = f"{items} per update, over all processes."
    return option("batch-size", text, default, metavar="N", rich_help_panel=UPDATES)


def weight_decay(default: float) -> Any:
    """Declare --weight-decay."""
    text = "Pull of the weights to zero."
    return option("weight-decay", text, default, metavar="W", rich_help_panel=UPDATES)


def every(name: str, what: str, default: int) -> Any:
    """Declare --NAME, the steps between two of what it is."""
    text = f"Steps between two {what}."
    return option(name, text, default, metavar="N", rich_help_panel=RHYTHM)


Accumulate = Annotated[
    int | None,
    option(
        "accumulate",
        "Cut each update into N slices to save memory.",
        1,
        metavar="N",
        rich_help_panel=UPDATES,
    ),
]
Warmup = Annotated[
    int | None,
    option("warmup", "Steps until the full rate.", 0, metavar="N", rich_help_panel=UPDATES),
]
GradClip = Annotated[
    float | None,
    option(
        "grad-clip",
        "Greatest gradient norm; 0: any.",
        0.0,
        metavar="NORM",
        rich_help_panel=UPDATES,
    ),
]
Keep = Annotated[
    int | None, option("keep", "Checkpoints to keep.", 3, metavar="N", rich_help_panel=RHYTHM)
]
RunName = Annotated[
    str | None,
    option("run", "Name of the run.", "from its options", metavar="NAME", rich_help_panel=RHYTHM),
]
Resume = Annotated[
    bool | None,
    switch("resume", "Take up the run even if its options changed.", rich_help_panel=RHYTHM),
]
Threads = Annotated[
    int | None,
    option(
        "threads", "Processor threads; 0: torch decides.", 0, metavar="N", rich_help_panel=RUNNING
    ),
]
Workers = Annotated[
    int | None,
    option("workers", "Threads that build batches ahead.", 1, metavar="N", rich_help_panel=RUNNING),
]
