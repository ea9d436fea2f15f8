"""Training a small video VAE of Wan's class on clips.

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


@dataclass(frozen=True)
class VaeLoss:
    """What a step minimised, as floats."""

    total: float
    l1: float
    edges: float
    kl: float


KL_WEIGHT = 1e-4
_EDGES_FIRST, _EDGES_LAST, _EDGES_GROW = 0.3, 1.0, 0.5


def edge_weight(progress: float) -> float:
    """Weight of the edges after a share of training: it grows over the first half.

    Full from the start, they would teach that grey without edges is nearly right, and there it
    would end.
    """
    share = min(1.0, progress / _EDGES_GROW)
    return _EDGES_FIRST + (_EDGES_LAST - _EDGES_FIRST) * share


def vae_loss(vae: Any, pixels_BCTHW: Tensor, edges_by: float) -> tuple[Tensor, Tensor]:
    """Loss of clips, and its three parts (3,).

    Mean absolute error of the pixels and, weighted by `edges_by`, of their differences to the
    neighbours in x, y and time (edges stay sharp without a perceptual network), and the latents'
    divergence from a standard normal distribution, per number.
    """
    moments = encode_whole(vae, pixels_BCTHW).float()
    mean, log_variance = moments.chunk(2, dim=1)
    log_variance = log_variance.clamp(-12, 4)
    latents = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)
    made = decode_whole(vae, latents).float()
    off = made - pixels_BCTHW
    l1 = off.abs().mean()
    edges = sum((off.diff(dim=axis).abs().mean() for axis in (2, 3, 4)), torch.zeros_like(l1))
    kl = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).mean()
    parts = torch.stack([l1, edges, kl])
    return l1 + edges_by * edges + KL_WEIGHT * kl, parts.detach()


def learning_rate(progress: float, peak: float, warm_up: float = 0.04) -> float:
    """Linear warm-up over the first share of training, then half a cosine down to a fiftieth."""
    if progress < warm_up:
        return peak * progress / warm_up
    share = min(1.0, (progress - warm_up) / (1 - warm_up))
    return peak * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * share)))


def train_vae(
    vae: Any,
    crops: Crops,
    spent: Callable[[], float],
    peak_lr: float,
    report: Callable[[int, VaeLoss], None],
    every: int = 50,
) -> int:
    """Train in place until `spent()`, the share of the budget in steps or seconds, reaches 1.

    Args:
        vae: on its device, in float32; bfloat16 is used where that is a GPU.
        crops: gives the next batch (B, 3, T, H, W) on that device.
        spent: share of the budget used up.
        peak_lr: of AdamW.
        report: told of the loss every `every` steps.

    Returns:
        Number of steps.
    """

    device = next(vae.parameters()).device
    on_gpu = device.type == "cuda"
    optimizer = torch.optim.AdamW(
        vae.parameters(), lr=peak_lr, betas=(0.9, 0.99), weight_decay=0.0, fused=on_gpu
    )
    vae.train()
    step = 0
    while (share := spent()) < 1:
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(share, peak_lr)
        with torch.autocast(device.type, torch.bfloat16, enabled=on_gpu):
            loss, parts = vae_loss(vae, crops(), edge_weight(share))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        optimizer.step()
        if step % every == 0:
            report(step, VaeLoss(float(loss.detach()), *parts.tolist()))
        step += 1
    vae.eval()
    return step


def latent_statistics(latents_BCLHW: Tensor) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of every channel, as AutoencoderKLWan's config keeps them."""
    flat = latents_BCLHW.double().transpose(0, 1).flatten(1)
    return flat.mean(1).tolist(), flat.std(1).tolist()
