"""Training the decoder of the small video VAE on clips.

diffusers' AutoencoderKLWan goes through a clip four frames at a time and keeps what its causal
convolutions need to remember. In training a whole clip is there at once: one pass over all of it
gives the same numbers from a fifth of the calls.

Legend: B clips, C channels, T frames (4k + 1), H x W pixels in [-1, 1], L latent frames.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from pipelines.appearance_expert.tiny.architecture import LUMA

Crops = Callable[[], Tensor]


def encode_whole(vae: Any, pixels_BCTHW: Tensor) -> Tensor:
    """Mean and log variance (B, 32, L, H / 8, W / 8) of the latents, as `vae.encode` has them."""
    from diffusers.models.autoencoders.autoencoder_kl_wan import WanResample, patchify

    encoder = vae.encoder
    x = patchify(pixels_BCTHW, vae.config.patch_size or 1)
    x = encoder.conv_in(x)
    for layer in encoder.down_blocks:
        x = _shrunk(layer, x) if isinstance(layer, WanResample) else layer(x)
    x = encoder.mid_block(x)
    x = encoder.conv_out(encoder.nonlinearity(encoder.norm_out(x)))
    moments: Tensor = vae.quant_conv(x)
    return moments


def decode_whole(vae: Any, latents_BCLHW: Tensor) -> Tensor:
    """The pixels (B, 3, T, H, W) of latents, as `vae.decode` has them before it clips them."""
    from diffusers.models.autoencoders.autoencoder_kl_wan import unpatchify

    decoder = vae.decoder
    x = decoder.conv_in(vae.post_quant_conv(latents_BCLHW))
    x = decoder.mid_block(x)
    for block in decoder.up_blocks:
        for resnet in block.resnets:
            x = resnet(x)
        for layer in block.upsamplers or ():
            x = _grown(layer, x)
    x = decoder.conv_out(decoder.nonlinearity(decoder.norm_out(x)))
    pixels: Tensor = unpatchify(x, vae.config.patch_size or 1)
    return pixels


def _shrunk(layer: Any, x_BCTHW: Tensor) -> Tensor:
    """Half the height and width; of the frames, the first and every second of the others."""

    x = _frame_by_frame(layer, x_BCTHW)
    if layer.mode == "downsample3d":
        x = torch.cat([x[:, :, :1], layer.time_conv(x)], dim=2) if x.shape[2] > 1 else x
    return x


def _grown(layer: Any, x_BCTHW: Tensor) -> Tensor:
    """Twice the height and width, and twice the frames but for the first."""

    x = x_BCTHW
    if layer.mode == "upsample3d" and x.shape[2] > 1:
        later = layer.time_conv(x[:, :, 1:])
        later = later.unflatten(1, (2, -1)).movedim(1, 3).flatten(2, 3)
        x = torch.cat([x[:, :, :1], later], dim=2)
    return _frame_by_frame(layer, x)


def _frame_by_frame(layer: Any, x_BCTHW: Tensor) -> Tensor:
    frames = layer.resample(x_BCTHW.transpose(1, 2).flatten(0, 1))
    result: Tensor = frames.unflatten(0, (x_BCTHW.shape[0], -1)).transpose(1, 2)
    return result


def averages(pixels_BCTHW: Tensor) -> Tensor:
    """(B, 8, L, H / 4, W / 4) what the small VAE's set encoder gives, without its convolutions.

    Mean colours of blocks of 4 x 4 pixels and four frames, half of how these change from the
    earlier two frames to the later, and how much brighter the right and the lower halves are
    (tiny_architecture.tiny_vae).
    """
    halved = functional.avg_pool3d(pixels_BCTHW, (1, 2, 2))
    luma = torch.tensor(LUMA, device=halved.device).view(1, 3, 1, 1, 1)
    nw, ne, sw, se = (halved[..., y::2, x::2] for y in (0, 1) for x in (0, 1))
    colour = (nw + ne + sw + se) / 4
    slopes = torch.cat([((ne + se - nw - sw) / 2 * luma).sum(1, keepdim=True),
                        ((sw + se - nw - ne) / 2 * luma).sum(1, keepdim=True)], dim=1)  # fmt: skip
    early, late = (_fours(colour)[:, :, :, half].mean(3) for half in (slice(2), slice(2, 4)))
    mean = torch.cat([colour[:, :, :1], (early + late) / 2], dim=2)
    change = torch.cat([torch.zeros_like(colour[:, :, :1]), (late - early) / 2], dim=2)
    slope = torch.cat([slopes[:, :, :1], _fours(slopes).mean(3)], dim=2)
    return torch.cat([mean, change, slope], dim=1)


def _fours(x_BCTHW: Tensor) -> Tensor:
    """(B, C, L - 1, 4, H, W) the frames after the first."""
    fours: Tensor = x_BCTHW[:, :, 1:].unflatten(2, (-1, 4))
    return fours


@dataclass(frozen=True)
class DecoderLoss:
    """What a step minimised, as floats."""

    total: float
    squares: float
    l1: float


_L1 = 0.3
_NOISE = 0.05
"""Of the latents in training, in their standard deviations: so wrong the sampler's may be."""


def decoder_loss(vae: Any, pixels_BCTHW: Tensor) -> tuple[Tensor, Tensor]:
    """Loss of clips, and its two parts (2,): mean squared and mean absolute error of the pixels.

    A term for edges was tried and left out: while it is there, pictures stay grey.
    """
    with torch.no_grad():
        latents = averages(pixels_BCTHW)
        deviation = latents.std(dim=(0, 2, 3, 4), keepdim=True)
        latents = latents + _NOISE * deviation * torch.randn_like(latents)
    off = decode_whole(vae, latents) - pixels_BCTHW
    squares, l1 = off.pow(2).mean(), off.abs().mean()
    return squares + _L1 * l1, torch.stack([squares, l1]).detach()


def learning_rate(progress: float, peak: float, warm_up: float = 0.04) -> float:
    """Linear warm-up over the first share of training, then half a cosine down to a fiftieth."""
    if progress < warm_up:
        return peak * progress / warm_up
    share = min(1.0, (progress - warm_up) / (1 - warm_up))
    return peak * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * share)))


def train_decoder(
    vae: Any,
    crops: Crops,
    spent: Callable[[], float],
    peak_lr: float,
    report: Callable[[int, DecoderLoss], None],
    every: int = 50,
) -> int:
    """Train the decoder in place until `spent()`, the share of the budget, reaches 1.

    Args:
        vae: of tiny_architecture, on its device.
        crops: gives the next batch (B, 3, T, H, W) on that device; H and W multiples of 8.
        spent: share of the steps or seconds used up.
        peak_lr: of AdamW.
        report: told of the loss every `every` steps.

    Returns:
        Number of steps.
    """
    learning = [*vae.decoder.parameters(), *vae.post_quant_conv.parameters()]
    optimizer = torch.optim.AdamW(learning, lr=peak_lr, betas=(0.9, 0.99), weight_decay=0.0)
    step = 0
    while (share := spent()) < 1:
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(share, peak_lr)
        loss, parts = decoder_loss(vae, crops())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learning, 1.0)
        optimizer.step()
        if step % every == 0:
            report(step, DecoderLoss(float(loss.detach()), *parts.tolist()))
        step += 1
    return step


def latent_scale(latents_BCLHW: Tensor) -> tuple[list[float], list[float]]:
    """Mean and scale of every channel, as AutoencoderKLWan's config keeps them.

    The scale lies half-way (geometrically) between the channel's own standard deviation, which
    would make noise of changes count as much as the colours do, and the largest.
    """
    flat = latents_BCLHW.double().transpose(0, 1).flatten(1)
    deviation = flat.std(1)
    return flat.mean(1).tolist(), (deviation * deviation.max()).sqrt().tolist()
