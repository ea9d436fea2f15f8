"""Wan-Animate-2's row: its weights are found, and name its runs by what is in them."""

import shutil

import pytest

from pipelines.appearance_expert.interface import Order
from pipelines.appearance_expert.wan2.options import Wan2Options
from pipelines.appearance_expert.wan2.row import WAN2
from pipelines.support.errors import MissingAsset, UnsuitableInput

OPTIONS = Wan2Options()


def test_weights_that_are_there_are_found(tiny_wan2):
    WAN2.find(Order(str(tiny_wan2)), OPTIONS)


def test_weights_that_are_not_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    with pytest.raises(MissingAsset, match="Wan-Animate-2 weights"):
        WAN2.find(Order(), OPTIONS)
    with pytest.raises(UnsuitableInput, match="so no Wan-Animate-2"):
        WAN2.find(Order(str(tmp_path)), OPTIONS)


def test_a_model_trained_anew_in_the_same_folder_makes_another_video(tiny_wan2, tmp_path):
    model = tmp_path / "model"
    shutil.copytree(tiny_wan2, model)
    before = WAN2.identity(Order(str(model)), OPTIONS)
    assert before == WAN2.identity(Order(str(tiny_wan2)), OPTIONS)
    weights = next((model / "transformer").glob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:-1] + b"?")
    assert WAN2.identity(Order(str(model)), OPTIONS) != before
    few = Wan2Options(wan_sampling_steps=4)
    assert WAN2.identity(Order(str(tiny_wan2)), few) != before


def test_its_cost_is_counted_and_what_was_not_measured_is_said(tiny_wan2):
    cost = WAN2.cost(Order(str(tiny_wan2)), OPTIONS, 10.0, 30.0)
    # 240 frames at 24 a second: 81, and two of 80 new ones.
    assert cost["time"].startswith("3 segments of 40 steps each")
    few = WAN2.cost(Order(str(tiny_wan2)), Wan2Options(wan_sampling_steps=4), 3.0, 30.0)
    assert few["time"].startswith("1 segment of 4 steps each")
    assert "GB of weights" in cost["memory"] and "not measured" in cost["memory"]
