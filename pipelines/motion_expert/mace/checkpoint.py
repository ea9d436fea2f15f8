"""A trained Motion Expert on disk: weights and scaling as safetensors, everything else as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from pipelines.motion.representation import Normalizer, Standardizer
from pipelines.motion_expert.interface import CONFIG_NAME
from pipelines.motion_expert.mace.header import SHIPPED, WEIGHTS_NAME, read_header
from pipelines.motion_expert.mace.presets import MotionExpertConfig
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import atomic_path, sha256_file, write_json

EXPERT = "mace"
_SCALING = "scaling."
_SCALES = ("motion_low", "motion_scale", "music_mean", "music_std")


@dataclass(frozen=True)
class Checkpoint:
    """Everything needed to sample: weights, shape, scaling, and what is known about them."""

    config: MotionExpertConfig
    weights: dict[str, Tensor]
    normalizer: Normalizer
    standardizer: Standardizer
    feature_schema: str
    metadata: dict[str, Any]


def save_checkpoint(folder: Path, checkpoint: Checkpoint, half: bool = False) -> None:
    """Write the two files into `folder`; the JSON, written last, holds the weights' SHA-256.

    `half` stores the weights (not the scaling) in float16, for shipping.
    """
    tensors = {
        name: (value.half() if half else value).detach().cpu().contiguous()
        for name, value in checkpoint.weights.items()
    }
    normalizer, standardizer = checkpoint.normalizer, checkpoint.standardizer
    arrays = (normalizer.low, normalizer.scale, standardizer.mean, standardizer.std)
    for name, array in zip(_SCALES, arrays, strict=True):
        tensors[_SCALING + name] = torch.from_numpy(np.ascontiguousarray(array))
    target = folder / WEIGHTS_NAME
    with atomic_path(target) as temporary:
        save_file(tensors, temporary)
    write_json(
        folder / CONFIG_NAME,
        {
            "format": "macedance motion expert 1",
            "expert": EXPERT,
            "network": checkpoint.config.to_json(),
            "feature_schema": checkpoint.feature_schema,
            "sha256": sha256_file(target),
            "metadata": checkpoint.metadata,
        },
    )


def load_checkpoint(folder: Path | None = None) -> Checkpoint:
    """Read a checkpoint folder; None reads the one that ships.

    Raises:
        MissingAsset: a file is not there.
        UnsuitableInput: a file is damaged, or the two do not belong together.
    """
    folder = folder or SHIPPED
    header, weights_path = read_header(folder), folder / WEIGHTS_NAME
    try:
        tensors = load_file(weights_path)
    except SafetensorError as error:
        raise UnsuitableInput(f"{folder}: not a Motion Expert checkpoint ({error})") from error
    if sha256_file(weights_path) != header.sha256:
        raise UnsuitableInput(
            f"{weights_path}: does not match the SHA-256 in {CONFIG_NAME}; damaged or mixed up",
            "fetch or train the checkpoint again",
        )
    try:
        low, scale, mean, std = (tensors.pop(_SCALING + name).numpy() for name in _SCALES)
    except KeyError as error:
        raise UnsuitableInput(f"{weights_path}: holds no {error}") from error
    return Checkpoint(
        config=header.config,
        weights={name: value.float() for name, value in tensors.items()},
        normalizer=Normalizer(low, scale),
        standardizer=Standardizer(mean, std),
        feature_schema=header.feature_schema,
        metadata=header.metadata,
    )


def build_model(checkpoint: Checkpoint) -> torch.nn.Module:
    """The network with its weights, in evaluation mode.

    Raises:
        UnsuitableInput: the weights are of another shape than the config says.
    """
    from pipelines.motion_expert.mace.network import MotionExpert

    model = MotionExpert(checkpoint.config)
    try:
        model.load_state_dict(dict[str, Any](checkpoint.weights))
    except RuntimeError as error:
        first = str(error).strip().splitlines()[-1].strip()
        raise UnsuitableInput(f"the checkpoint's weights do not fit its config: {first}") from error
    return model.eval()
