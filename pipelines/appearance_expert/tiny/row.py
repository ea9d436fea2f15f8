"""The small Wan-Animate's row in the table of Appearance Experts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.appearance_expert.interface import Expert, Order
from pipelines.appearance_expert.tiny.options import TinyOptions
from pipelines.appearance_expert.wan.row import (
    called_identity,
    cost_of,
    described_cost,
    named_files,
    refuse_unreadable,
)
from pipelines.appearance_expert.wan.weights import WanWeights, inspect_folder, require_complete
from pipelines.support.errors import MissingAsset

if TYPE_CHECKING:
    from pipelines.appearance_expert.tiny.backend import Tiny
    from pipelines.support.progress import Progress

SHIPPED = Path(__file__).with_name("weights")


_LOADING_SECONDS = 4.0
"""Of one core, most of it the import of diffusers."""


def find_tiny(model: str | None) -> WanWeights:
    """The weights that ship, or those of a folder that examples/tiny_appearance has made.

    Raises MissingAsset where they are not complete, UnsuitableInput for another family of models.
    """
    folder = SHIPPED if model is None else Path(model).expanduser()
    if not (folder / "model_index.json").is_file():
        raise MissingAsset(
            f"no weights of the small Wan-Animate in {folder}",
            "docs/lab/tiny-appearance.md tells how to train them; give their folder with --model",
        )
    weights = inspect_folder(folder)
    require_complete(weights)
    return weights


def _load(order: Order, options: TinyOptions, progress: Progress, because: str) -> Tiny:
    from pipelines.appearance_expert.tiny.backend import Tiny

    weights = find_tiny(order.model)
    return Tiny.load(weights, order.device, options, progress, order.folder, order.prompts)


def _find(order: Order, options: TinyOptions) -> None:
    refuse_unreadable(options)
    find_tiny(order.model)


def _identity(order: Order, options: TinyOptions) -> dict[str, Any]:
    return called_identity(find_tiny(order.model), options)


def _cost(order: Order, options: TinyOptions, seconds: float, fps: float) -> dict[str, str]:
    return described_cost(find_tiny(order.model), order, options.as_wan(), seconds, fps)


def _seconds(order: Order, options: TinyOptions, seconds: float, fps: float) -> float:
    weights = find_tiny(order.model)
    drawing = cost_of(weights, order, options.as_wan(), seconds, fps).seconds or 0.0
    return _LOADING_SECONDS + drawing


def _check() -> str:
    size = sum(find_tiny(None).sizes.values())
    return f"the small Wan-Animate ({size / 1e6:.0f} MB)"


TINY = Expert(
    help="a small Wan-Animate, coarse, on any machine",
    options=TinyOptions,
    load=_load,
    identity=_identity,
    find=_find,
    cost=_cost,
    seconds=_seconds,
    inputs=named_files,
    draft=True,
    check=_check,
)
