"""A Wan-Animate-2 of the real classes, small enough for a CPU."""

import json

import pytest


@pytest.fixture(scope="session")
def tiny_wan2(tiny_wan, tmp_path_factory):
    """Folder of random weights of the modular pipeline's classes, as published but small."""
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
