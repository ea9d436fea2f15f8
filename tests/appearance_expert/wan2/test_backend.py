"""Wan-Animate-2 on a tiny model of its classes, saved and loaded as the real one."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from pipelines.appearance_expert.wan.config import WanConfig
from pipelines.appearance_expert.wan2.backend import Wan2, refuse_unknown
from pipelines.appearance_expert.wan2.pipeline import model_files
from pipelines.keypoints.detector import detect_person
from pipelines.keypoints.staging import stage_dance
from pipelines.media.image import load_picture
from pipelines.motion.npz import load_npz
from pipelines.support.errors import BadUsage, MissingAsset, UnsuitableInput

DANCER = Path(__file__).parents[3] / "examples" / "dancer.png"
CONFIG = WanConfig(steps=2)


@pytest.fixture(scope="module")
def tiny_wan2(tiny_wan, tmp_path_factory):
    torch = pytest.importorskip("torch")
    from diffusers import (
        FlowMatchEulerDiscreteScheduler,
        WanAnimate2Transformer3DModel,
        WanAnimatePipeline,
    )
    from diffusers.modular_pipelines import WanAnimate2Blocks
    from transformers import CLIPVisionConfig, CLIPVisionModel

    first = WanAnimatePipeline.from_pretrained(tiny_wan)
    torch.manual_seed(0)
    pipeline = WanAnimate2Blocks().init_pipeline()
    pipeline.update_components(
        text_encoder=first.text_encoder, tokenizer=first.tokenizer, vae=first.vae,
        image_encoder=CLIPVisionModel(
            CLIPVisionConfig(
                hidden_size=1280, projection_dim=4, num_hidden_layers=2, num_attention_heads=2,
                image_size=224, intermediate_size=16, patch_size=112,
            )
        ).eval(),
        transformer=WanAnimate2Transformer3DModel(
            dim=32, ffn_dim=32, freq_dim=16, text_dim=32, num_heads=2, num_layers=2
        ).eval(),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=5.0),
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("wan2") / "model"
    pipeline.save_pretrained(str(folder), overwrite_modular_index=True)
    index = json.loads((folder / "modular_model_index.json").read_text())
    for entry in index.values():
        if isinstance(entry, list):  # as published: the hub's id, not this folder
            entry[2]["pretrained_model_name_or_path"] = "Wan-AI/Wan2.2-Animate-2-14B-Diffusers"
    (folder / "modular_model_index.json").write_text(json.dumps(index))
    return folder


@pytest.fixture(scope="module")
def person():
    return detect_person(load_picture(DANCER))


@pytest.fixture(scope="module")
def dance(person, tiny_dance):
    motion = load_npz(tiny_dance).sliced(0, 42)
    return stage_dance(motion.rotations(), motion.trans, 30.0, person, 48, 64)


def test_segments_continue_each_other_are_kept_and_repeat(tiny_wan2, person, dance, tmp_path):
    def load():
        backend = Wan2.load(str(tiny_wan2), "cpu", CONFIG, kept=tmp_path / "kept")
        backend._segment_frames = 17
        return backend

    first = load()
    frames = np.array(list(first.frames(person, dance, 0)))
    assert frames.shape == (42, 64, 48, 3)
    segments = first.report()["segments"]
    assert [entry["index"] for entry in segments] == [0, 1, 2]
    assert len(list((tmp_path / "kept").iterdir())) == 3
    for path in sorted((tmp_path / "kept").iterdir())[1:]:
        path.unlink()
    again = load()
    assert np.array_equal(np.array(list(again.frames(person, dance, 0))), frames)
    assert [e.get("resumed", False) for e in again.report()["segments"]] == [True, False, False]


def test_the_tail_conditions_the_next_segment(tiny_wan2, portrait):
    from PIL import Image

    from pipelines.appearance_expert.wan2.pipeline import continued

    backend = Wan2.load(str(tiny_wan2), "cpu", CONFIG)
    picture = Image.fromarray(portrait.image)
    steps = []

    def second(value):
        import torch

        tail = np.full((1, 64, 48, 3), value, np.uint8)
        with continued(backend._pipeline, tail, [picture] * 17, steps.append) as driving:
            made = backend._pipeline(
                prompt="dancing", image=picture, driving_video=driving, height=64, width=48,
                segment_frame_length=17, prev_segment_conditioning_frames=1,
                num_inference_steps=2, generator=torch.Generator().manual_seed(0),
                output_type="np",
            )  # fmt: skip
        return np.asarray(made.get("videos")[0])

    dark, light = second(20), second(230)
    assert dark.shape == (16, 64, 48, 3)
    assert not np.array_equal(dark, light)
    assert steps == [1, 1, 1, 1]


def test_what_is_missing_or_another_model(tiny_wan2, tiny_wan, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    with pytest.raises(MissingAsset, match="neither a folder"):
        model_files(None)
    with pytest.raises(UnsuitableInput, match=r"no modular_model_index\.json"):
        model_files(str(tiny_wan))
    copy = shutil.copytree(tiny_wan2, tmp_path / "copy")
    shutil.rmtree(copy / "vae")
    with pytest.raises(MissingAsset, match="lack vae"):
        model_files(str(copy))


@pytest.mark.parametrize(
    ("config", "flag"),
    [(WanConfig(face="none"), "--face"), (WanConfig(forecast=True), "--forecast"),
     (WanConfig(profile="24gb"), "--profile")],
)  # fmt: skip
def test_what_only_the_first_model_knows(config, flag):
    with pytest.raises(BadUsage, match=flag):
        refuse_unknown(config)
