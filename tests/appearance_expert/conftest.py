"""A Wan-Animate of the real classes and key names, small enough for a CPU, built and saved here."""

import numpy as np
import pytest

from pipelines.keypoints.person import POINT, ReferencePerson
from pipelines.keypoints.staged import StagedDance


def build_tiny_wan(folder):
    """Save a random WanAnimatePipeline of about 430 kB in diffusers' layout."""
    import torch
    from diffusers import (
        AutoencoderKLWan,
        UniPCMultistepScheduler,
        WanAnimatePipeline,
        WanAnimateTransformer3DModel,
    )
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import (
        CLIPImageProcessorPil,
        CLIPVisionConfig,
        CLIPVisionModel,
        PreTrainedTokenizerFast,
        UMT5Config,
        UMT5EncoderModel,
    )

    torch.manual_seed(0)
    words = {"<pad>": 0, "</s>": 1, "<unk>": 2, "dancing": 3}
    tokens = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokens.pre_tokenizer = pre_tokenizers.Whitespace()
    tokens.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    WanAnimatePipeline(
        tokenizer=PreTrainedTokenizerFast(
            tokenizer_object=tokens, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
        ),
        text_encoder=UMT5EncoderModel(
            UMT5Config(
                vocab_size=64, d_model=32, d_kv=8, d_ff=37, num_layers=2, num_heads=4,
                relative_attention_num_buckets=8,
            )
        ).eval(),
        vae=AutoencoderKLWan(
            base_dim=3, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1,
            temperal_downsample=[False, True, True],
        ).eval(),
        scheduler=UniPCMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, num_train_timesteps=1000,
            flow_shift=5.0,
        ),
        image_processor=CLIPImageProcessorPil(
            crop_size={"height": 4, "width": 4}, size={"shortest_edge": 4}
        ),
        image_encoder=CLIPVisionModel(
            CLIPVisionConfig(
                hidden_size=4, projection_dim=4, num_hidden_layers=2, num_attention_heads=2,
                image_size=4, intermediate_size=16, patch_size=1,
            )
        ).eval(),
        transformer=WanAnimateTransformer3DModel(
            patch_size=(1, 2, 2), num_attention_heads=2, attention_head_dim=12, in_channels=36,
            latent_channels=16, out_channels=16, text_dim=32, freq_dim=256, ffn_dim=32,
            num_layers=2, cross_attn_norm=True, qk_norm="rms_norm_across_heads", image_dim=4,
            rope_max_seq_len=32, motion_encoder_channel_sizes={"4": 16, "8": 16, "16": 16},
            motion_encoder_size=16, motion_style_dim=8, motion_dim=4, motion_encoder_dim=16,
            face_encoder_hidden_dim=16, face_encoder_num_heads=2, inject_face_latents_blocks=2,
        ).eval(),
    ).save_pretrained(folder)  # fmt: skip
    return folder


@pytest.fixture(scope="session")
def tiny_wan(tmp_path_factory):
    pytest.importorskip("diffusers")
    return build_tiny_wan(tmp_path_factory.mktemp("tiny-wan"))


@pytest.fixture(scope="session")
def portrait():
    """A drawn person, 48 x 64, with a face."""
    image = np.full((64, 48, 3), (180, 200, 220), dtype=np.uint8)
    image[4:60, 16:32] = (200, 60, 40)
    image[6:18, 19:29] = (230, 190, 160)
    xy = np.tile([24.0, 30.0], (29, 1))
    for name, place in {
        "nose": (24, 12), "left_eye": (27, 10), "right_eye": (21, 10),
        "left_ear": (31, 11), "right_ear": (17, 11),
    }.items():  # fmt: skip
        xy[POINT[name]] = place
    matte = np.zeros((64, 48), dtype=np.float32)
    matte[4:60, 16:32] = 1
    return ReferencePerson(image, matte, xy, np.ones(29), "full", "file")


@pytest.fixture(scope="session")
def swaying():
    """A StagedDance of any length, size and rate: a stick that sways."""

    def make(frames, width=48, height=64, fps=30.0):
        t = np.arange(frames) / fps
        rest = np.random.default_rng(0).uniform(0.2, 0.8, (29, 2)) * [width, height]
        sway = np.stack([np.sin(2 * np.pi * t), np.cos(2 * np.pi * t)], axis=-1)
        xy = rest + 0.1 * width * sway[:, None]
        return StagedDance(
            xy=xy, depth=np.ones((frames, 29)), visibility=np.ones((frames, 29)),
            points=np.zeros((frames, 29, 3)), rotations=np.zeros((frames, 24, 3, 3)),
            yaw=np.zeros(frames), contact=np.ones((frames, 2), bool), ground_y=height - 4.0,
            pixels_per_metre=30.0,
            reference_to_canvas=np.array([[width / 48, 0, 0], [0, height / 64, 0]]),
            figure_scale=1.0, width=width, height=height, fps=fps, coverage="full",
        )  # fmt: skip

    return make
