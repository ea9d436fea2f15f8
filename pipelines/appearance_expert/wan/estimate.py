"""What a video will cost before it is begun: memory, arithmetic and time of every segment.

The arithmetic is counted from the transformer's configuration
(docs/reference/wan-animate.md#cost), activations from the size of the video; both hold for
the real model and for small ones of the same classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from pipelines.appearance_expert.wan.config import WanConfig
from pipelines.appearance_expert.wan.frames import model_size
from pipelines.appearance_expert.wan.profiles import Profile, Working
from pipelines.appearance_expert.wan.segments import plan_segments
from pipelines.appearance_expert.wan.weights import WanWeights

LARGEST = (1280, 720)
"""Width and height of what the model makes at most, by default."""

TEXT_TOKENS = 512
_VAE_WIDTH = 96

# Peak bytes of activations, found by running the full-size networks (benchmarks/full_size.py) on
# shapes alone, and a tenth added: of the transformer per token and unit of its width, of the VAE
# per pixel that it decodes at once, and of the pictures that are held, per pixel and frame.
_PER_WIDTH = 29.0
_VAE_BYTES_PER_PIXEL = 22_500.0
_TILE_PIXELS = 256 * 256
_PICTURE_BYTES = 48.0

# Operations of the Wan VAE per pixel and frame, counted by torch on the real architecture.
_ENCODE_FLOPS = 5.0e6
_DECODE_FLOPS = 8.5e6

# Share of a bfloat16 matrix product's rate that the transformer reaches, and of a float32 one's
# that the VAE's convolutions reach. On the GPU as measured on an H200: convolutions compute in
# TF32, which a float32 matrix product does not.
_SHARES = {"cuda": (0.85, 2.5), "cpu": (0.6, 0.3)}

_MATMUL = {"cuda": 8192, "cpu": 512}
_CPU_THREADS = 1
"""What runs on a processor is small. One thread meets the estimate for `tiny` to 5 %; two on busy
cores took 18 to 25 s of their time for a segment instead of 2.9."""


@dataclass(frozen=True)
class Network:
    """Sizes of a WanAnimateTransformer3DModel and, by its base width, of the VAE beside it."""

    width: int
    ffn: int
    layers: int
    face_layers: int
    patch: tuple[int, int, int] = (1, 2, 2)
    vae_width: int = _VAE_WIDTH
    vae_stride: int = 8

    @classmethod
    def of(cls, config: dict[str, Any], vae: dict[str, Any] | None = None) -> Network:
        """From the config.json of the transformer and of the VAE."""
        layers = int(config["num_layers"])
        return cls(
            width=int(config["num_attention_heads"]) * int(config["attention_head_dim"]),
            ffn=int(config["ffn_dim"]),
            layers=layers,
            face_layers=layers // int(config["inject_face_latents_blocks"]),
            patch=tuple(config["patch_size"]),
            vae_width=int((vae or {}).get("base_dim", _VAE_WIDTH)),
            vae_stride=int((vae or {}).get("scale_factor_spatial", 8)),
        )

    def tokens(self, width: int, height: int, frames: int) -> int:
        """Of one segment, the reference picture's included: 21 * (H/16) * (W/16) for 77 frames."""
        latents = (frames - 1) // 4 + 2
        tall, wide = (side * self.vae_stride for side in self.patch[1:])
        return latents * (height // tall) * (width // wide)

    def flops(self, tokens: int) -> float:
        """Of one forward: the matrices applied to video tokens, and their self-attention."""
        # q, k, v, o of the self-attention and q, o of the cross-attention: six of width squared.
        block = 6 * self.width**2 + 2 * self.width * self.ffn
        parameters = self.layers * block + 2 * self.face_layers * self.width**2
        cross = 4.0 * self.layers * tokens * (TEXT_TOKENS + 257) * self.width
        return 2.0 * parameters * tokens + 4.0 * self.layers * tokens**2 * self.width + cross


def working_bytes(network: Network, width: int, height: int, frames: int) -> Working:
    """What a segment needs on the card besides the weights."""
    pixels = width * height
    decoded = _VAE_BYTES_PER_PIXEL * network.vae_width / _VAE_WIDTH
    transformer = network.tokens(width, height, frames) * network.width * _PER_WIDTH
    return Working(
        transformer=int(transformer),
        vae=int(pixels * decoded),
        vae_tiled=int(min(pixels, _TILE_PIXELS) * decoded),
        pictures=int(frames * pixels * _PICTURE_BYTES),
    )


@dataclass(frozen=True)
class Estimate:
    """What a video will cost.

    Attributes:
        profile: how the model lies in memory.
        segments: calls of the model.
        gpu_bytes: graphics memory at its highest; host_bytes: host memory.
        petaflops: 1e15 operations of one segment, transformer and VAE.
        segment_seconds: of one segment; None where no rate is known.
    """

    profile: str
    segments: int
    gpu_bytes: int
    host_bytes: int
    petaflops: float
    segment_seconds: float | None

    @property
    def seconds(self) -> float | None:
        """Of the whole video."""
        return None if self.segment_seconds is None else self.segments * self.segment_seconds

    def words(self) -> dict[str, str]:
        """For people: profile, memory and time, each number marked as an estimate."""
        memory = f"≈ {_gigabytes(self.host_bytes)} of host memory"
        if self.gpu_bytes:
            memory = f"≈ {_gigabytes(self.gpu_bytes)} on the GPU, {memory}"
        count = f"{self.segments} segment" + ("" if self.segments == 1 else "s")
        time = f"{count} of ≈ {self.petaflops:.2g} PFLOP"
        if self.seconds is not None and self.segment_seconds is not None:
            time += f", ≈ {_duration(self.segment_seconds)} each, ≈ {_duration(self.seconds)}"
        return {"profile": self.profile, "memory": memory, "time": time}


def working_memory(weights: WanWeights, config: WanConfig, canvas: tuple[int, int]) -> Working:
    """What a segment of a video of this size needs besides the weights."""
    network = Network.of(weights.config_of("transformer"), weights.config_of("vae"))
    size = model_size(*canvas, config.max_pixels)
    return working_bytes(network, *size, config.segment_frames)


def estimated(
    weights: WanWeights,
    config: WanConfig,
    size: tuple[int, int],
    frames: int,
    profile: Profile,
) -> Estimate:
    """What a video of so many frames will cost.

    Args:
        weights, config: the model and how it is called.
        size: width and height in which the model makes it.
        frames: of the dance at the model's rate.
        profile: how the model lies in memory, which tells the device too.
    """
    network = Network.of(weights.config_of("transformer"), weights.config_of("vae"))
    segments = len(plan_segments(frames, config.segment_frames, config.overlap))
    sizes = weights.gpu_bytes()
    working = working_bytes(network, *size, config.segment_frames)
    cost = segment_cost(network, *size, config.segment_frames, sum(config.computed()))
    device = "cpu" if profile.placement == "cpu" else "cuda"
    return Estimate(
        profile=profile.name,
        segments=segments,
        gpu_bytes=profile.gpu_bytes(sizes, working),
        host_bytes=profile.host_bytes(sizes, working),
        petaflops=sum(cost) / 1e15,
        segment_seconds=segment_seconds(cost, device, measured_rates(device)),
    )


def segment_cost(
    network: Network, width: int, height: int, frames: int, forwards: int
) -> tuple[float, float]:
    """Operations of one segment: in the transformer (bfloat16), and in the VAE (float32)."""
    transformer = forwards * network.flops(network.tokens(width, height, frames))
    # Pose and continuation are encoded, one frame of reference too, and the result is decoded.
    vae = width * height * ((2 * frames + 1) * _ENCODE_FLOPS + frames * _DECODE_FLOPS)
    vae *= (network.vae_width / _VAE_WIDTH) ** 2
    return transformer, vae


def segment_seconds(
    cost: tuple[float, float], device: str, rates: tuple[float, float] | None
) -> float | None:
    """Time of a segment on "cuda" or "cpu" with these rates; None without, as `measured_rates`."""
    if rates is None:
        return None
    parts = zip(cost, _SHARES[device], rates, strict=True)
    return sum(work / (share * rate) for work, share, rate in parts)


@cache
def measured_rates(device: str) -> tuple[float, float] | None:
    """Operations per second of matrix products in the transformer's and in the VAE's precision.

    Takes a fraction of a second. None where the device is not there.
    """
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        return None
    wide = torch.bfloat16 if device == "cuda" else torch.float32
    threads = torch.get_num_threads()
    if device == "cpu":
        torch.set_num_threads(_CPU_THREADS)
    try:
        return _matmul_rate(device, wide), _matmul_rate(device, torch.float32)
    finally:
        torch.set_num_threads(threads)


def _matmul_rate(device: str, dtype: Any) -> float:
    import time

    import torch

    size = _MATMUL[device]
    a = torch.ones(size, size, device=device, dtype=dtype)
    best = float("inf")
    for _ in range(4):
        begin = time.perf_counter()
        (a @ a)[0, 0].item()
        best = min(best, time.perf_counter() - begin)
    return 2.0 * size**3 / best


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.0f} GB" if count >= 1e10 else f"{count / 1e9:.2g} GB"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.2g} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
