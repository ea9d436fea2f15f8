"""The options that every training has, declared once."""

from __future__ import annotations

from typing import Any

from pipelines.support.options import option
from pipelines.workspace.options import RUNNING

MODEL, UPDATES, RHYTHM = "The model", "The updates", "Checks and checkpoints"


def steps(default: int, help: str, former: tuple[str, ...] = ()) -> Any:
    """Declare --steps: updates of training."""
    return option(default, help, low=min(1, default), panel=UPDATES, named=False, former=former)


def batch_size(items: str, default: int) -> Any:
    """Declare --batch-size in items of that name."""
    return option(default, f"{items} per update, over all processes.", low=1, panel=UPDATES)


def accumulate() -> Any:
    """Declare --accumulate."""
    return option(
        1, "Cut each update into N slices to save memory.", low=1, panel=UPDATES, named=False
    )


def weight_decay(default: float) -> Any:
    """Declare --weight-decay."""
    return option(default, "Pull of the weights to zero.", low=0, metavar="W", panel=UPDATES)


def warmup() -> Any:
    """Declare --warmup."""
    return option(0, "Steps until the full rate.", low=0, panel=UPDATES)


def grad_clip() -> Any:
    """Declare --grad-clip."""
    return option(0.0, "Greatest gradient norm; 0: any.", low=0, metavar="NORM", panel=UPDATES)


def precision(help: str) -> Any:
    """Declare --precision."""
    return option("auto", help, choices=("auto", "fp32", "bf16"), panel=UPDATES)


def every(what: str, default: int) -> Any:
    """Declare the steps between two of what it is."""
    return option(default, f"Steps between two {what}.", low=1, panel=RHYTHM, named=False)


def keep() -> Any:
    """Declare --keep."""
    return option(3, "Checkpoints to keep.", low=1, panel=RHYTHM, named=False)


def run() -> Any:
    """Declare --run."""
    return option(
        "", "Name of the run.", shown="from its options", metavar="NAME", panel=RHYTHM,
        named=False,
    )  # fmt: skip


def resume() -> Any:
    """Declare --resume."""
    return option(False, "Take up the run even if its options changed.", panel=RHYTHM, named=False)


def threads() -> Any:
    """Declare --threads."""
    return option(0, "Processor threads; 0: torch decides.", low=0, panel=RUNNING, named=False)


def workers() -> Any:
    """Declare --workers: threads here, where other commands mean processes."""
    return option(
        1, "Threads that build batches ahead.", low=0, panel=RUNNING, named=False,
        variable="MACEDANCE_LOADER_WORKERS",
    )  # fmt: skip
