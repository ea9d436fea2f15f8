"""The small one's row: weights that ship or a folder of one's own, told apart by content."""

import shutil

import pytest

from pipelines.appearance_expert.interface import Order
from pipelines.appearance_expert.tiny.options import TinyOptions
from pipelines.appearance_expert.tiny.row import SHIPPED, TINY, find_tiny
from pipelines.support.errors import MissingAsset, UnsuitableInput

OPTIONS = TinyOptions()


def test_a_folder_without_weights_is_told_with_the_way_to_get_them(tmp_path):
    for find in (lambda: find_tiny(str(tmp_path)),
                 lambda: TINY.find(Order(str(tmp_path)), OPTIONS)):  # fmt: skip
        with pytest.raises(MissingAsset, match="no weights") as caught:
            find()
        assert "--model" in caught.value.hint


def test_another_model_is_refused(tmp_path):
    (tmp_path / "model_index.json").write_text('{"_class_name": "StableDiffusionPipeline"}')
    with pytest.raises(UnsuitableInput):
        find_tiny(str(tmp_path))


def test_what_ships_is_whole_and_a_draft():
    assert "MB" in TINY.check()
    assert TINY.draft and TINY.unusable(Order(), OPTIONS) == ""


def test_weights_that_were_cut_short_are_told(tmp_path, monkeypatch):
    shutil.copytree(SHIPPED, tmp_path / "weights")
    monkeypatch.setattr("pipelines.appearance_expert.tiny.row.SHIPPED", tmp_path / "weights")
    file = next((tmp_path / "weights" / "vae").glob("*.safetensors"))
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(MissingAsset, match="cut short"):
        TINY.check()


def test_a_model_of_ones_own_makes_another_video(tiny_wan):
    shipped, own = (TINY.identity(Order(model), OPTIONS) for model in (None, str(tiny_wan)))
    assert shipped["model"] != own["model"]
    assert {k: v for k, v in shipped.items() if k != "model"} == {
        k: v for k, v in own.items() if k != "model"
    }


def test_the_estimate_counts_the_small_models_own_frames(tiny_wan):
    words = TINY.cost(Order(str(tiny_wan), "cpu", lambda: (72, 128)), OPTIONS, 4.0, 30.0)
    assert words["profile"] == "cpu"
    assert words["time"].startswith("5 segments")
