"""MuQ's last hidden state: 1024 numbers, 25 times a second.

docs/reference/music.md#muq. Package and weights are the user's own; nothing is fetched. Shapes: N
samples at 24 000 Hz, T = ceil(ceil(floor(N / 240) / 2) / 2) frames.
"""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.music.recipes.muq_files import HUB_ID, weights_folder
from pipelines.music.recipes.recipe import Recipe
from pipelines.support.errors import MissingAsset, UnsuitableInput

Array = NDArray[np.float32]
_RATE, _FPS, _WIDTH = 24_000, 25.0, 1024
_INPUT = "melspec_2048"
_CHUNK_SECONDS, _OVERLAP_SECONDS = 30, 2
"""MuQ learned from pieces of 30 s."""


@cache
def _network(folder: Path) -> Any:
    try:
        from muq import MuQ
    except (ImportError, OSError) as error:
        raise MissingAsset(
            f"the package muq cannot be loaded ({_first(error)})",
            "install torchaudio and torchvision of this torch's own kind beside it",
        ) from error
    try:
        with redirect_stdout(sys.stderr):  # the hub's class prints, and stdout is for results
            network = MuQ.from_pretrained(str(folder), local_files_only=True)
    except Exception as error:
        # safetensors, json and torch have errors of their own for damaged files.
        raise UnsuitableInput(
            f"{folder}: MuQ cannot be read from it ({_first(error)})", "download it again"
        ) from error
    return network.float().eval()


def _first(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _columns(signal: Array) -> Array:
    return in_chunks(_network(weights_folder()), signal)


def last_state(network: Any, samples_BN: Any) -> Any:
    """(B, T, 1024): what MuQ's own `forward` gives last, with transformers 4 and 5 alike.

    muq 0.1.0 asks the conformer for the states of all layers, which transformers 5 no longer gives
    there, and hands it a config without the kind of attention. The last one is the conformer's own.
    """
    inner = network.model
    config = inner.conformer.config
    if getattr(config, "_attn_implementation", None) is None:
        config._attn_implementation = "eager"
    heard = inner.normalize(inner.preprocessing(samples_BN, features=[_INPUT]))
    return inner.conformer(inner.conv(heard[_INPUT])).last_hidden_state


def in_chunks(network: Any, signal: Array) -> Array:
    """(T, 1024) in pieces of 30 s that overlap by 2 s and meet in the middle of the overlap."""
    import torch

    chunk, step = _CHUNK_SECONDS * _RATE, (_CHUNK_SECONDS - _OVERLAP_SECONDS) * _RATE
    half = round(_OVERLAP_SECONDS / 2 * _FPS)
    starts = [0]
    while starts[-1] + chunk < len(signal):
        starts.append(starts[-1] + step)
    pieces = []
    for start in starts:
        with torch.inference_mode():
            piece = torch.from_numpy(np.ascontiguousarray(signal[start : start + chunk]))
            rows = last_state(network, piece[None])[0].numpy()
        first = half if start > 0 else 0
        last = len(rows) - half if start < starts[-1] else len(rows)
        pieces.append(rows[first:last])
    whole: Array = np.concatenate(pieces).astype(np.float32)
    return whole


MUQ = Recipe(
    "muq",
    f"muq25-25fps: last state 1024 of {HUB_ID}",
    _WIDTH,
    _FPS,
    _RATE,
    _columns,
    weights_folder,
)
