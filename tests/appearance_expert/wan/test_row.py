"""Wan-Animate's row: found or said to be missing, estimated, named by what is in its files."""

import re
import shutil

import pytest

from pipelines.appearance_expert.interface import Order
from pipelines.appearance_expert.wan.config import WanConfig
from pipelines.appearance_expert.wan.row import WAN, named_files
from pipelines.support.errors import MissingAsset, UnsuitableInput

CONFIG = WanConfig()


@pytest.fixture
def order(tiny_wan):
    return Order(str(tiny_wan), "cpu", lambda: (64, 96))


def test_a_prompt_that_was_embedded_before_needs_no_text_encoder(tiny_wan, tmp_path):
    shutil.copytree(tiny_wan, tmp_path / "model")
    order = Order(str(tmp_path / "model"), "cpu")
    shutil.rmtree(tmp_path / "model" / "text_encoder")
    WAN.find(order, CONFIG)
    shutil.rmtree(tmp_path / "model" / "vae")
    with pytest.raises(MissingAsset, match="vae"):
        WAN.find(order, CONFIG)


def test_why_it_cannot_run_is_said(order, monkeypatch, tmp_path):
    assert WAN.unusable(order, CONFIG) == "Wan-Animate needs a GPU"
    monkeypatch.delenv("MACEDANCE_WAN_MODEL", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    assert WAN.unusable(Order(device="cpu"), CONFIG) == "no Wan-Animate weights are here"
    place = "pipelines.appearance_expert.wan.profiles.free_gpu_memory"
    monkeypatch.setattr(place, lambda device: 10_000)
    assert "GB of free GPU memory" in WAN.unusable(order, CONFIG)


def test_whoever_names_a_model_wants_it(tmp_path):
    with pytest.raises(MissingAsset):
        WAN.unusable(Order(str(tmp_path / "nowhere")), CONFIG)


def test_the_estimate_grows_with_the_video(order):
    short, long = (WAN.cost(order, CONFIG, seconds, 30.0) for seconds in (2.0, 20.0))
    assert short["profile"] == "cpu" and short["memory"].startswith("≈")
    assert short["time"].split()[0] == "1" and int(long["time"].split()[0]) > 5


def test_files_count_by_what_they_hold(order, tmp_path):
    for name in ("style", "face", "adapter"):
        (tmp_path / name).touch()
    config = WanConfig(
        lora=(f"{tmp_path / 'style'}:0.5",),
        face=str(tmp_path / "face"),
        adapter=tmp_path / "adapter",
    )
    assert named_files(config) == {
        "lora 1": tmp_path / "style", "adapter": tmp_path / "adapter", "face": tmp_path / "face",
    }  # fmt: skip
    found = WAN.identity(order, config)
    assert (found["lora"], found["face"], found["gguf"]) == ([0.5], "clip", None)
    assert str(tmp_path) not in str(found)


def test_options_name_a_run(order):
    plain = WAN.identity(order, CONFIG)
    assert plain["model"] and plain["prompt"] == CONFIG.prompt
    assert WAN.identity(order, WanConfig(forecast=True)) != plain


def test_a_quantised_transformer_counts_by_its_content(tiny_wan, tmp_path):
    file, found = tmp_path / "small.gguf", []
    for content in (b"GGUF one", b"GGUF two"):
        file.write_bytes(content)
        found.append(WAN.identity(Order(str(tiny_wan)), WanConfig(gguf=file)))
    assert found[0] != found[1]
    assert str(tmp_path) not in str(found)


def test_a_clip_that_is_none_is_refused_before_anything_is_loaded(order, tmp_path):
    (tmp_path / "face.mp4").write_text("no video")
    config = WanConfig(face=str(tmp_path / "face.mp4"))
    for ask in (WAN.find, WAN.unusable):
        with pytest.raises(UnsuitableInput, match=r"face\.mp4"):
            ask(order, config)


def test_weights_are_described_or_what_they_lack(tiny_wan, tmp_path, monkeypatch):
    monkeypatch.setenv("MACEDANCE_WAN_MODEL", str(tiny_wan))
    assert str(tiny_wan) in WAN.check() and "bfloat16" in WAN.check()
    (tmp_path / "model_index.json").write_text('{"_class_name": "WanAnimatePipeline"}')
    monkeypatch.setenv("MACEDANCE_WAN_MODEL", str(tmp_path))
    with pytest.raises(MissingAsset, match=r"lacks .*transformer"):
        WAN.check()
    monkeypatch.setenv("MACEDANCE_WAN_MODEL", str(tmp_path / "nowhere"))
    with pytest.raises(MissingAsset, match="none; videos are drafts"):
        WAN.check()


def test_without_weights_each_card_is_told_what_it_would_take():
    order = Order(None, "cpu", lambda: (720, 1280))
    short, long = (WAN.unseen(order, CONFIG, seconds, 30.0) for seconds in (2.0, 20.0))
    assert list(short)[:4] == [f"--profile {name}" for name in ("80gb", "48gb", "24gb", "16gb")]
    on_card = [float(re.search(r"([\d.]+) GB on the GPU", short[f"--profile {name}"])[1])
               for name in ("80gb", "48gb", "24gb")]  # fmt: skip
    assert 80 > on_card[0] > on_card[1] > on_card[2] and on_card[2] < 24
    assert int(long["time"].split()[0]) > int(short["time"].split()[0])
