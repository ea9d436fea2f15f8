"""What encoded clips depend on beside the clips: sizes, rate, and the encoders' weights."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from pipelines.appearance_expert.wan.frames import MULTIPLE
from pipelines.appearance_expert.wan.weights import WanWeights
from pipelines.support.errors import BadUsage, refused
from pipelines.support.files import read_json, sha256_file, sha256_json

_VERSION = 1
"""Changes with the way in which clips are encoded."""

RELAYS = (1, 5)
"""Numbers of given frames that Wan-Animate knows."""


@dataclass(frozen=True)
class Recipe:
    """How clips are encoded.

    Attributes:
        width, height: of the model's frame, multiples of 16.
        frames: of a segment, 4k + 1; fps: rate at which clips are read.
        relay: for each of these numbers of given frames, their latents are encoded.
        references: pictures per clip of which one is the reference of a training step.
        encoders: digest of the weights of VAE, CLIP and motion encoder.
    """

    width: int
    height: int
    frames: int
    fps: float
    relay: tuple[int, ...]
    references: int
    encoders: str = ""

    def validate(self) -> Recipe:
        """Return self, or raise BadUsage."""
        if (
            self.width % MULTIPLE
            or self.height % MULTIPLE
            or min(self.width, self.height) < MULTIPLE
        ):
            raise BadUsage(
                f"--size {self.width}x{self.height}: sides must be multiples of {MULTIPLE}"
            )
        if self.frames % 4 != 1 or self.frames < 5:
            raise BadUsage(f"--frames {self.frames}: must be 4k + 1 and at least 5", "such as 77")
        if not 1 <= self.fps <= 120:
            raise BadUsage(f"--fps {self.fps:g}: must lie between 1 and 120")
        if not set(self.relay) <= set(RELAYS) or self.frames <= max(self.relay, default=0):
            raise BadUsage(f"--relay: Wan-Animate knows {RELAYS[0]} and {RELAYS[1]} given frames")
        if self.references < 1:
            raise BadUsage("--references: must be at least 1")
        return self

    def name(self) -> str:
        """Name of the folder of what is encoded so."""
        return sha256_json([_VERSION, asdict(self)])[:16]


def encoders_digest(weights: WanWeights) -> str:
    """Digest of everything that pictures are encoded with, by content.

    The motion encoder lies in the transformer's files, which change when the rest of it is trained;
    it is hashed by itself.
    """
    folder = weights.folder
    files = [
        path
        for component in ("vae", "image_encoder", "image_processor")
        for path in sorted((folder / component).iterdir())
        if path.suffix in (".json", ".safetensors")
    ]
    return sha256_json(
        [[f"{path.parent.name}/{path.name}", sha256_file(path)] for path in files]
        + [motion_encoder_digest(folder / "transformer")]
    )


def motion_encoder_files(transformer: Path) -> dict[Path, list[str]]:
    """Weight file -> names of the motion encoder's tensors in it."""
    from safetensors import safe_open

    index = transformer / "diffusion_pytorch_model.safetensors.index.json"
    if index.is_file():
        shards: dict[str, str] = read_json(index)["weight_map"]
        names = {key: transformer / file for key, file in shards.items()}
    else:
        single = transformer / "diffusion_pytorch_model.safetensors"
        with refused(single, "not readable weights"), safe_open(single, "pt") as tensors:
            names = dict.fromkeys(tensors.keys(), single)
    found: dict[Path, list[str]] = {}
    for key in sorted(names):
        if key.startswith("motion_encoder."):
            found.setdefault(names[key], []).append(key)
    return found


def motion_encoder_digest(transformer: Path) -> str:
    """Digest of the motion encoder's tensors."""
    import hashlib

    import torch
    from safetensors import safe_open

    digest = hashlib.sha256()
    for file, keys in motion_encoder_files(transformer).items():
        with refused(file, "not readable weights"), safe_open(file, "pt") as tensors:
            for key in keys:
                tensor = tensors.get_tensor(key)
                digest.update(f"{key} {tuple(tensor.shape)} {tensor.dtype}".encode())
                digest.update(tensor.contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
