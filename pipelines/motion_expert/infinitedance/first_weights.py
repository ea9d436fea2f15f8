"""What `train-motion --init` begins with: a part of an InfiniteDance that was trained before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import nn

from pipelines.motion_expert.infinitedance.header import SHIPPED, part_folder
from pipelines.motion_expert.infinitedance.storage import Part, Stored, load_part
from pipelines.support.errors import BadUsage


def begin_from(
    folder: Path | None, part: Part, network: nn.Module, read: Callable[[dict[str, Any]], Any]
) -> Stored:
    """Give a network the weights of a trained part, and return the part.

    Args:
        folder: of a run, or of a whole InfiniteDance; None for the one that ships.
        part: which of its parts. network: of the sizes that its `config` says.
        read: from a part's JSON to such sizes.

    Raises:
        BadUsage: it is of other sizes.
        MissingAsset, UnsuitableInput: the folder holds no such part, or a damaged one.
    """
    stored = load_part(part_folder(str(folder or SHIPPED), part, "init"), part)
    if read(stored.config) != network.config:
        raise BadUsage(
            f"--init: that {part} is of another shape, {stored.config}",
            "use the --preset and the options that it was trained with",
        )
    stored.into(network, part)
    return stored
