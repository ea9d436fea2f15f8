"""The options that several commands share, declared once."""

from __future__ import annotations

from typing import Any

from pipelines.support.conventions import LARGEST_SEED
from pipelines.support.options import option
from pipelines.workspace.layout import DEFAULT_ROOT

RUNNING = "How to run it"


def workspace() -> Any:
    """Declare --workspace."""
    return option(
        DEFAULT_ROOT, "Folder for everything that is worth keeping.", shown="./workspace",
        metavar="FOLDER", panel=RUNNING, named=False,
    )  # fmt: skip


def seed() -> Any:
    """Declare --seed."""
    return option(
        0, "Same seed, same machine: same result.", low=0, high=LARGEST_SEED, panel=RUNNING
    )


def device() -> Any:
    """Declare --device."""
    return option(
        "auto", "Where the networks run.", choices=("auto", "cpu", "cuda"), panel=RUNNING,
        named=False,
    )  # fmt: skip


def workers(help: str = "Processes.") -> Any:
    """Declare --workers; `support.cores.default_workers` says how many None are."""
    return option(
        None, help, low=1, high=1024, panel=RUNNING, named=False,
        shown="as many as cores and memory allow",
    )  # fmt: skip


def shard(items: str) -> Any:
    """Declare --shard of so-called items."""
    return option(
        None, f"Only this share of the {items}.", shown="the SLURM array's, or all",
        metavar="i/N", panel=RUNNING, named=False,
    )  # fmt: skip


def feet(default: str | None, panel: str, **known: Any) -> Any:
    """Declare --feet."""
    return option(
        default, "What becomes of planted feet that slide, tremble or sink.",
        choices=("lock", "restore", "none"), panel=panel, named="if given", **known,
    )  # fmt: skip


def force() -> Any:
    """Declare --force."""
    return option(False, "Write over an output that is already there.", named=False)


def person_detector(
    panel: str, help: str = "Folder or hub id of a detector for transformers."
) -> Any:
    """Declare --person-detector."""
    return option(None, help, metavar="MODEL", panel=panel)


def pose_model(panel: str) -> Any:
    """Declare --pose-model."""
    return option(None, "Folder or hub id of ViTPose.", metavar="MODEL", panel=panel)
