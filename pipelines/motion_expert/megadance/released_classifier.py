"""The genre classifier that MEGADance's authors released, as a folder that `evaluate` reads.

docs/reference/megadance.md#released-files.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from pipelines.metrics.genre.columns import Scale
from pipelines.metrics.genre.folder import ClassifierHeader, save_classifier
from pipelines.metrics.genre.network import ClassifierShape, GenreClassifier
from pipelines.motion_expert.mace.presets import FINEDANCE_GENRES
from pipelines.motion_expert.megadance.classifier_task import PUBLISHED_OUTPUTS
from pipelines.motion_expert.megadance.released import below, filled, number, taken

WINDOW = 1024
"""Frames that it was trained on."""


def import_classifier(
    state: Mapping[str, Tensor], mean: Mapping[str, Any], std: Mapping[str, Any], folder: Path
) -> None:
    """Write a released CLS file, or the classifier in a GPT file, into `folder`.

    Args:
        state: as `released.read_released` gives it. mean, std: contents of the classifier's own
            mean.pt and std.pt.

    Raises UnsuitableInput where a tensor or a scale is missing or of another size; it is named.
    """
    theirs = below(state, "cls_model.dance_encoder.") or below(state, "dance_encoder.")
    shape = ClassifierShape(len(FINEDANCE_GENRES), PUBLISHED_OUTPUTS)
    scale = Scale(
        number(mean, "smpl_trans_mean"), number(std, "smpl_trans_std"),
        number(mean, "smpl_poses_mean"), number(std, "smpl_poses_std"),
    )  # fmt: skip
    network = GenreClassifier(shape)
    names = {}
    for name in network.state_dict():
        part, _, rest = name.partition(".")
        names[name] = f"{_PARTS[part]}.{rest}"
        if part == "layers":
            place, _, rest = rest.partition(".")
            names[name] = f"dance_encoder.Dance_Former_{place}.layer.layers.0.{rest}"
    filled(network, {name: taken(theirs, their) for name, their in names.items()})
    header = ClassifierHeader(
        FINEDANCE_GENRES, shape.to_json(), scale, "released", WINDOW,
        metadata={"origin": "MEGADance, released"},
    )  # fmt: skip
    save_classifier(folder, header, network.state_dict())


_PARTS = {"into": "MLP_input", "out": "MLP_output", "layers": ""}
