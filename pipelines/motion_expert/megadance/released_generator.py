"""The generator that MEGADance's authors released, as a folder that `generate` dances from.

docs/reference/megadance.md#released-files. Shapes: N starts, T frames.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pipelines.motion.front import faced
from pipelines.motion.motion import Motion
from pipelines.motion.representation import Standardizer
from pipelines.motion_expert.megadance.checkpoint import save_megadance
from pipelines.motion_expert.megadance.header import Rotations
from pipelines.motion_expert.megadance.presets import FRAMES
from pipelines.motion_expert.megadance.released import (
    as_our_columns,
    expect_scale,
    released_generator,
    released_tokenizer,
    seen_as_released,
)
from pipelines.motion_expert.megadance.tokenizer.network import Tokenizer
from pipelines.music import layout
from pipelines.music.recipes.mega35 import MEGA35
from pipelines.support.errors import UnsuitableInput

START_FRAMES = 64
"""The encoder sees no further than this from the middle token."""
MOST_STARTS = 256


def import_generator(
    state: Mapping[str, Tensor],
    mean: Mapping[str, Any],
    std: Mapping[str, Any],
    dances: Iterable[Motion],
    folder: Path,
    rotations: Rotations = "euler",
    layers: int = 8,
) -> int:
    """Write a released GPT file into `folder`, with tokens that dances begin with.

    Args:
        state: as `released.read_released` gives it. mean, std: contents of mean.pt and std.pt.
        dances: of whose middles the first tokens are; they should be in nobody's test.
        folder: is made. rotations: how they are read, which the folder says ever after.
        layers: of the generator.

    Returns:
        How many first tokens there are.

    Raises:
        UnsuitableInput: a tensor or a scale is missing or of another size (it is named), or no
            dance is long enough.
    """
    standardizer = Standardizer(_of_music(mean, "mean"), _of_music(std, "std"))
    tokenizer = released_tokenizer(state, mean, std)
    generator = released_generator(state, layers)
    tokens = start_tokens(tokenizer, dances)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnsuitableInput(f"{folder}: no folder can be made there ({error.strerror})") from None
    save_megadance(
        folder, tokenizer, generator.config, generator.state_dict(),
        (standardizer, tokens, torch.full((len(tokens),), -1)), MEGA35.schema,
        {"origin": "MEGADance, released", "starts": len(tokens)}, released=rotations,
    )  # fmt: skip
    return len(tokens)


def start_tokens(tokenizer: Tokenizer, dances: Iterable[Motion]) -> Tensor:
    """(N, 2, 5) the middle token of each dance's middle, the dancer facing the front."""
    found = []
    for dance in dances:
        if dance.frames < START_FRAMES:
            continue
        first = (dance.frames - START_FRAMES) // 2
        piece = faced(dance.sliced(first, first + START_FRAMES))
        found.append(
            tokenizer.encode(seen_as_released(piece)[None])[0, START_FRAMES // FRAMES // 2]
        )
    if not found:
        raise UnsuitableInput(f"no dance of {START_FRAMES} frames to begin with")
    rows = np.linspace(0, len(found) - 1, min(MOST_STARTS, len(found))).round().astype(int)
    return torch.stack([found[row] for row in rows])


def _of_music(values: Mapping[str, Any], kind: str) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Mean or deviation (35,) of the music, in the order of our columns."""
    name = f"music_librosa_{kind}"
    try:
        theirs = torch.as_tensor(values[name], dtype=torch.float32).reshape(layout.WIDTH)
    except (KeyError, RuntimeError, TypeError, ValueError):
        raise UnsuitableInput(f"{kind}.pt lacks the 35 numbers {name}") from None
    expect_scale(theirs, name)
    ours: np.ndarray[Any, np.dtype[np.float32]] = as_our_columns(theirs).numpy()
    return ours
