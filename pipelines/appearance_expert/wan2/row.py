"""Wan-Animate-2's row in the table of Appearance Experts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.appearance_expert.fingerprint import files_digest
from pipelines.appearance_expert.interface import Expert, Order
from pipelines.appearance_expert.wan2.options import Wan2Options
from pipelines.support.options import identity

if TYPE_CHECKING:
    from pipelines.appearance_expert.wan2.backend import Wan2
    from pipelines.support.progress import Progress


def _load(order: Order, options: Wan2Options, progress: Progress, because: str) -> Wan2:
    from pipelines.appearance_expert.wan2.backend import Wan2

    return Wan2.load(order.model, order.device, options, progress, order.folder)


def _find(order: Order, options: Wan2Options) -> None:
    from pipelines.appearance_expert.wan2.pipeline import model_files

    model_files(order.model)


def _cost(order: Order, options: Wan2Options, seconds: float, fps: float) -> dict[str, str]:
    """What is known before a run; how long a step takes was never measured at true sizes."""
    from pipelines.appearance_expert.wan.segments import plan_segments
    from pipelines.appearance_expert.wan2.backend import FPS, OVERLAP, SEGMENT_FRAMES, STEPS
    from pipelines.appearance_expert.wan2.pipeline import model_files

    folder, kind = model_files(order.model)
    size = sum(path.stat().st_size for path in folder.rglob("*.safetensors"))
    segments = len(plan_segments(max(1, round(seconds * FPS)), SEGMENT_FRAMES, OVERLAP))
    steps = options.wan_sampling_steps or STEPS[kind]
    count = f"{segments} segment" + ("" if segments == 1 else "s")
    return {
        "memory": f"{size / 1e9:.1f} GB of weights, and what a segment takes: not measured",
        "time": f"{count} of {steps} steps each; how long a step takes was not measured",
    }


def _identity(order: Order, options: Wan2Options) -> dict[str, Any]:
    from pipelines.appearance_expert.wan2.pipeline import model_files

    folder, _ = model_files(order.model)
    files = (path for path in folder.rglob("*") if path.is_file())
    return identity(options) | {"model": files_digest(files, folder)}


WAN2 = Expert(
    help="Wan-Animate-2, driven by a drawn body",
    options=Wan2Options,
    load=_load,
    identity=_identity,
    find=_find,
    cost=_cost,
)
