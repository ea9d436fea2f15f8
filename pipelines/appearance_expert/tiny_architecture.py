"""A Wan-Animate of Wan2.2-Animate's own classes, a ten-thousandth of its size.

What is smaller: width, depth, the VAE, the face branch, and the two encoders that Wan-Animate took
ready-made, which here are small and stay as they were drawn: a vision tower (it still tells the
colours of the picture's parts) and a text encoder that knows one prompt.

The VAE's encoder is not learned either. It is set to average: to learn it takes a GPU.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

WIDTH, HEIGHT = 80, 144
FPS = 16.0
SEGMENT_FRAMES = 17
LATENT_CHANNELS = 16
FACE_SIZE = 32

LUMA = (0.299, 0.587, 0.114)
"""Of red, green and blue in brightness."""

_LARGE = 40.0
"""Of the constant channel that makes the encoder's last normalisation one by a constant."""


def tiny_vae(mean: Sequence[float] | None = None, deviation: Sequence[float] | None = None) -> Any:
    """An AutoencoderKLWan: 8 x 8 pixels and 4 frames to 16 numbers, with an untrained decoder.

    The numbers are the colours of the block's quarters, mean of its frames (12), and by how much
    each quarter is brighter in the later two frames than in the earlier two (4). The first layer
    sees 2 x 2 pixels at once, as in Wan2.2's VAE.

    Args:
        mean, deviation: of its latents per channel, (16,); 0 and 1 until they are measured.
    """
    from diffusers import AutoencoderKLWan

    vae = AutoencoderKLWan(
        base_dim=16, decoder_base_dim=24, z_dim=LATENT_CHANNELS, dim_mult=[1, 1, 3],
        num_res_blocks=1, temperal_downsample=[True, True], in_channels=12, out_channels=12,
        patch_size=2, scale_factor_spatial=8, scale_factor_temporal=4,
        latents_mean=[0.0] * LATENT_CHANNELS if mean is None else list(mean),
        latents_std=[1.0] * LATENT_CHANNELS if deviation is None else list(deviation),
    )  # fmt: skip
    _set_encoder(vae)
    for network in (vae.decoder, vae.post_quant_conv):
        _begin_nearly_linear(network)
    return vae


def _set_encoder(vae: Any) -> None:
    """Weights with which the encoder averages; they take no gradients.

    Residual blocks add nothing. The last SiLU sees every number and its negative, for
    silu(x) - silu(-x) = x, beside one large constant, by which alone RMS normalisation divides.
    """
    import torch

    encoder = vae.encoder
    for parameter in (*encoder.parameters(), *vae.quant_conv.parameters()):
        parameter.requires_grad_(False)
    for module in (*encoder.modules(), vae.quant_conv):
        if isinstance(module, torch.nn.Conv2d | torch.nn.Conv3d):
            module.weight.zero_()
            module.bias.zero_()  # type: ignore[union-attr]
    _, halved, _, quartered, widened = encoder.down_blocks
    for colour in range(3):
        encoder.conv_in.weight[colour, 4 * colour : 4 * colour + 4, -1, 1, 1] = 0.25
        halved.resample[1].weight[colour, colour, :2, :2] = 0.25
        halved.time_conv.weight[colour, colour, 1:] = 0.5
    for quarter in range(4):
        for colour in range(3):
            number = 3 * quarter + colour
            quartered.resample[1].weight[number, colour, quarter // 2, quarter % 2] = 1.0
            quartered.time_conv.weight[number, number, 1:] = 0.5
            quartered.time_conv.weight[12 + quarter, number, 2] = LUMA[colour]
            quartered.time_conv.weight[12 + quarter, number, 1] = -LUMA[colour]
    shortcut, last = widened.conv_shortcut, encoder.conv_out
    channels = shortcut.out_channels
    shortcut.bias[2 * LATENT_CHANNELS] = _LARGE
    for number in range(LATENT_CHANNELS):
        for sign, channel in ((1.0, number), (-1.0, LATENT_CHANNELS + number)):
            shortcut.weight[channel, number, -1] = sign
            last.weight[number, channel, -1, 1, 1] = sign * _LARGE / channels**0.5
    last.bias[LATENT_CHANNELS:] = -12.0
    for number in range(2 * LATENT_CHANNELS):
        vae.quant_conv.weight[number, number] = 1.0


def _begin_nearly_linear(network: Any) -> None:
    """First weights from which a decoder learns quickly.

    Residual blocks begin as identities, and convolutions keep the size of what passes.
    """
    import torch
    from diffusers.models.autoencoders.autoencoder_kl_wan import WanAttentionBlock, WanResidualBlock

    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, torch.nn.Conv2d | torch.nn.Conv3d):
                module.weight.mul_(3**0.5)
                module.bias.zero_()  # type: ignore[union-attr]
        for module in network.modules():
            last = {WanResidualBlock: "conv2", WanAttentionBlock: "proj"}.get(type(module))
            if last is not None:
                module.get_submodule(last).weight.zero_()


def tiny_transformer() -> Any:
    """A WanAnimateTransformer3DModel of 4 layers and width 128, with fresh weights."""
    from diffusers import WanAnimateTransformer3DModel

    return WanAnimateTransformer3DModel(
        patch_size=(1, 2, 2), num_attention_heads=2, attention_head_dim=64, in_channels=36,
        latent_channels=LATENT_CHANNELS, out_channels=LATENT_CHANNELS, text_dim=32, freq_dim=256,
        ffn_dim=512, num_layers=4, cross_attn_norm=True, qk_norm="rms_norm_across_heads",
        image_dim=64, rope_max_seq_len=128,
        motion_encoder_channel_sizes={"4": 32, "8": 32, "16": 32, "32": 16},
        motion_encoder_size=FACE_SIZE, motion_style_dim=32, motion_dim=8, motion_encoder_dim=32,
        face_encoder_hidden_dim=32, face_encoder_num_heads=2, inject_face_latents_blocks=4,
        motion_encoder_batch_size=4096,
    )  # fmt: skip


def save_tiny(folder: Path, vae: Any, transformer: Any) -> None:
    """Write a whole WanAnimatePipeline in diffusers' layout around the two trained networks."""
    from diffusers import UniPCMultistepScheduler, WanAnimatePipeline

    encoder, tokenizer = _text_encoder()
    tower, processor = _vision_tower()
    WanAnimatePipeline(
        tokenizer=tokenizer, text_encoder=encoder, image_encoder=tower, image_processor=processor,
        vae=vae, transformer=transformer,
        scheduler=UniPCMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, num_train_timesteps=1000,
            flow_shift=5.0,
        ),
    ).save_pretrained(folder)  # fmt: skip


def _vision_tower() -> tuple[Any, Any]:
    """A CLIP vision tower for 64 x 64 pictures (17 tokens of 64 numbers), never trained.

    Wan-Animate reads the last layer but one.
    """
    from transformers import CLIPImageProcessorPil, CLIPVisionConfig, CLIPVisionModel

    config = CLIPVisionConfig(
        hidden_size=64, projection_dim=64, num_hidden_layers=2, num_attention_heads=2,
        image_size=64, intermediate_size=128, patch_size=16,
    )  # fmt: skip
    with _fixed_seed():
        tower = CLIPVisionModel(config).eval()
    # Wan's cuts out the middle; of a whole figure that would be the trunk.
    return tower, CLIPImageProcessorPil(size={"height": 64, "width": 64}, do_center_crop=False)


def _text_encoder() -> tuple[Any, Any]:
    """A UMT5 encoder and tokenizer to which every prompt is the same."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast, UMT5Config, UMT5EncoderModel

    words = {"<pad>": 0, "</s>": 1, "<unk>": 2}
    tokens = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokens.pre_tokenizer = pre_tokenizers.Whitespace()
    tokens.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=tokens, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    )
    config = UMT5Config(
        vocab_size=8, d_model=32, d_kv=8, d_ff=32, num_layers=1, num_heads=4,
        relative_attention_num_buckets=8,
    )  # fmt: skip
    with _fixed_seed():
        encoder = UMT5EncoderModel(config).eval()
    return encoder, tokenizer


def _fixed_seed() -> Any:
    """A context in which torch draws the same numbers every time, undone at its end."""
    import torch

    class Drawn:
        def __enter__(self) -> None:
            self.state: torch.Tensor = torch.get_rng_state()
            torch.manual_seed(0)

        def __exit__(self, *_: object) -> None:
            torch.set_rng_state(self.state)

    return Drawn()
