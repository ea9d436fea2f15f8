"""What a dance takes, before anything is loaded."""

import pytest
import torch

from pipelines.motion_expert.infinitedance.cadence import CadenceMoE
from pipelines.motion_expert.infinitedance.choreollama import fresh_backbone
from pipelines.motion_expert.infinitedance.cost import (
    backbone_weights,
    cadence_weights,
    dance_cost,
)
from pipelines.motion_expert.infinitedance.generator_task import PRESETS
from pipelines.motion_expert.infinitedance.header import Header, write_header
from pipelines.support.errors import MissingAsset, UnsuitableInput
from pipelines.support.files import write_json


def described(folder, preset):
    write_header(folder, Header(("Jazz",), "schema", 0, {}))
    write_json(folder / "generator.json",
               {"config": PRESETS[preset].to_json(), "metadata": {"window": 384}})  # fmt: skip
    return folder


def test_the_paper_s_language_model_takes_gigabytes_and_the_small_one_does_not(tmp_path):
    small = dance_cost(described(tmp_path, "small"), 60.0, 1)
    paper = dance_cost(described(tmp_path, "paper"), 60.0, 1)
    assert paper.memory - small.memory > 973e6 * 4 - 1e9
    assert small.memory < 1e9
    assert paper.seconds > 10 * small.seconds


@pytest.mark.parametrize("preset", ["small", "paper"])
def test_weights_are_counted_without_making_them(preset):
    config = PRESETS[preset]
    with torch.device("meta"):
        cadence = CadenceMoE(config.cadence)
    made = sum(value.numel() for value in cadence.parameters())
    assert cadence_weights(config.cadence) == pytest.approx(made, rel=0.03)


def test_the_language_model_s_weights():
    made = sum(value.numel() for value in fresh_backbone(PRESETS["small"]).parameters())
    assert backbone_weights(PRESETS["small"]) == pytest.approx(made, rel=0.01)
    # LLaMA-3.2-1B has 1.236 billion with its table of 128256 words.
    assert backbone_weights(PRESETS["paper"]) == pytest.approx(1.236e9 - 128256 * 2048, rel=0.001)


def test_folders_that_cannot_be_read(tmp_path):
    with pytest.raises(MissingAsset):
        dance_cost(tmp_path, 10.0, 1)
    described(tmp_path, "small")
    (tmp_path / "generator.json").write_text("{}")
    with pytest.raises(UnsuitableInput, match="not a generator"):
        dance_cost(tmp_path, 10.0, 1)
