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
BLOCK = 4
"""Pixels to a side, and frames, that a latent stands for."""
LATENT_CHANNELS = 8
"""Mean colour of a block (3), half by how much it changes within the four frames (3), and how much
brighter its right and its lower half are (2)."""
TEXT_TOKENS = 8
FACE_SIZE = 32

LUMA = (0.299, 0.587, 0.114)
"""Of red, green and blue in brightness."""

_COLOUR, _CHANGE, _SLOPE = range(3), range(3, 6), range(6, 8)

_LARGE = 40.0
_LARGE_TO_LEARN = 8.0
"""Of a constant channel that makes an RMS normalisation one by a constant, all but."""


def tiny_vae(mean: Sequence[float] | None = None, deviation: Sequence[float] | None = None) -> Any:
    """An AutoencoderKLWan: 4 x 4 pixels and 4 frames to 8 numbers.

    Its encoder is set to average and takes no gradients; its decoder begins as one that
    interpolates, to learn from there.

    Args:
        mean, deviation: of its latents per channel, (8,); 0 and 1 until they are measured.
    """
    from diffusers import AutoencoderKLWan

    vae = AutoencoderKLWan(
        base_dim=12, decoder_base_dim=24, z_dim=LATENT_CHANNELS, dim_mult=[1, 1, 2],
        num_res_blocks=1, temperal_downsample=[True, True], scale_factor_spatial=BLOCK,
        scale_factor_temporal=BLOCK,
        latents_mean=[0.0] * LATENT_CHANNELS if mean is None else list(mean),
        latents_std=[1.0] * LATENT_CHANNELS if deviation is None else list(deviation),
    )  # fmt: skip
    _set_encoder(vae)
    _begin_interpolating(vae)
    return vae


def _set_encoder(vae: Any) -> None:
    """Weights with which the encoder averages; they take no gradients.

    Residual blocks add nothing. The last SiLU sees every number and its negative, for
    silu(x) - silu(-x) = x, beside one large constant, by which alone RMS normalisation divides.
    A video's first frame stays out of the convolutions over time: it does not change.
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
    across = torch.tensor([[-0.5, 0.5], [-0.5, 0.5]])
    for colour in _COLOUR:
        encoder.conv_in.weight[colour, colour, -1, 1, 1] = 1.0
        for level in (halved, quartered):
            level.resample[1].weight[colour, colour, :2, :2] = 0.25
            level.time_conv.weight[colour, colour, 1:] = 0.5
        change = _CHANGE[colour]
        quartered.time_conv.weight[change, colour, 1:, 0, 0] = torch.tensor([-0.5, 0.5])
        for slope, kernel in zip(_SLOPE, (across, across.T), strict=True):
            quartered.resample[1].weight[slope, colour, :2, :2] = LUMA[colour] * kernel
    for slope in _SLOPE:
        quartered.time_conv.weight[slope, slope, 1:] = 0.5
    _split_by_sign(widened.conv_shortcut, range(LATENT_CHANNELS), _LARGE)
    _join_signs(encoder.conv_out, widened.conv_shortcut.out_channels, LATENT_CHANNELS, _LARGE)
    encoder.conv_out.bias[LATENT_CHANNELS:] = -12.0
    for number in range(2 * LATENT_CHANNELS):
        vae.quant_conv.weight[number, number] = 1.0


def _begin_interpolating(vae: Any) -> None:
    """First weights of the decoder: bilinear between the blocks' colours, early and late.

    Residual blocks begin as identities. Channels that carry no colour begin at random.
    """
    import torch
    from diffusers.models.autoencoders.autoencoder_kl_wan import WanAttentionBlock, WanResidualBlock

    decoder = vae.decoder
    with torch.no_grad():
        for module in (*decoder.modules(), vae.post_quant_conv):
            if isinstance(module, torch.nn.Conv2d | torch.nn.Conv3d):
                module.bias.zero_()  # type: ignore[union-attr]
            last = {WanResidualBlock: "conv2", WanAttentionBlock: "proj"}.get(type(module))
            if last is not None:
                module.get_submodule(last).weight.zero_()
        for convolution in (vae.post_quant_conv, decoder.conv_in):
            _pass(convolution, range(LATENT_CHANNELS))
        first, second, last = decoder.up_blocks
        for block in (first, second):
            _double(block.upsamplers[0])
        carry = first.upsamplers[0].time_conv.weight
        for half, sign in ((0, -1.0), (carry.shape[0] // 2, 1.0)):
            for colour, change in zip(_COLOUR, _CHANGE, strict=True):
                carry[half + colour, change, -1] = sign
        widened, following = last.resnets
        constant = _split_by_sign(widened.conv_shortcut, _COLOUR, _LARGE_TO_LEARN)
        following.conv1.weight[:, constant] = 0
        _join_signs(decoder.conv_out, following.conv1.in_channels, len(_COLOUR), _LARGE_TO_LEARN)


def _pass(convolution: Any, channels: Sequence[int]) -> None:
    """Hand channels through a convolution over frames and pixels as they are."""
    middle = convolution.weight.shape[-1] // 2
    for channel in channels:
        convolution.weight[channel] = 0
        convolution.weight[channel, channel, -1, middle, middle] = 1.0


def _double(upsampling: Any) -> None:
    """Repeat what the latents carry in time, and interpolate it in space."""
    import torch

    over_time, over_space = upsampling.time_conv.weight, upsampling.resample[1].weight
    line = torch.tensor([0.25, 0.5, 0.25])
    for channel in range(LATENT_CHANNELS):
        for half in (0, over_time.shape[0] // 2):
            over_time[half + channel] = 0
            over_time[half + channel, channel, -1] = 1.0
        over_space[channel] = 0
        over_space[channel, channel] = line[:, None] * line


def _split_by_sign(convolution: Any, channels: Sequence[int], large: float) -> int:
    """Each channel and its negative, then a large constant, whose place is returned."""
    count = len(channels)
    for number, channel in enumerate(channels):
        for place, sign in ((number, 1.0), (count + number, -1.0)):
            convolution.weight[place] = 0
            convolution.weight[place, channel, -1] = sign
    convolution.weight[2 * count] = 0
    convolution.bias[2 * count] = large
    return 2 * count


def _join_signs(convolution: Any, channels: int, count: int, large: float) -> None:
    """Undo what splitting, an RMS normalisation of so many channels and a SiLU have done."""
    for number in range(count):
        convolution.weight[number] = 0
        for place, sign in ((number, 1.0), (count + number, -1.0)):
            convolution.weight[number, place, -1, 1, 1] = sign * large / channels**0.5


def tiny_transformer() -> Any:
    """A WanAnimateTransformer3DModel of 4 layers and width 192, with fresh weights."""
    from diffusers import WanAnimateTransformer3DModel

    transformer = WanAnimateTransformer3DModel(
        patch_size=(1, 4, 4), num_attention_heads=3, attention_head_dim=64,
        in_channels=2 * LATENT_CHANNELS + 4, latent_channels=LATENT_CHANNELS,
        out_channels=LATENT_CHANNELS, text_dim=32, freq_dim=256, ffn_dim=768, num_layers=4,
        cross_attn_norm=True, qk_norm="rms_norm_across_heads", image_dim=64, rope_max_seq_len=128,
        motion_encoder_channel_sizes={"4": 32, "8": 32, "16": 32, "32": 16},
        motion_encoder_size=FACE_SIZE, motion_style_dim=32, motion_dim=8, motion_encoder_dim=32,
        face_encoder_hidden_dim=32, face_encoder_num_heads=2, inject_face_latents_blocks=4,
        motion_encoder_batch_size=4096,
    )  # fmt: skip
    _begin_looking_at_the_same_place(transformer)
    return transformer


def _begin_looking_at_the_same_place(transformer: Any) -> None:
    """First weights of self-attention that prefer the same place in all frames.

    Queries and keys begin with a constant in those numbers that rotary embedding turns by row and
    column, so their product is largest where both agree: in the reference, too, where the answer
    mostly lies.
    """
    import torch

    width = transformer.config.attention_head_dim
    over_time = width - 2 * (2 * (width // 6))
    with torch.no_grad():
        for block in transformer.blocks:
            attention = block.attn1
            for layer, norm in (
                (attention.to_q, attention.norm_q),
                (attention.to_k, attention.norm_k),
            ):
                layer.weight.mul_(0.5)
                layer.bias.view(-1, width)[:, :over_time] = 0
                layer.bias.view(-1, width)[:, over_time:] = 1
                norm.weight.fill_(2.0)


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
        tokenizer_object=tokens,
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        model_max_length=TEXT_TOKENS,
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
