"""How Wan-Animate's 17.3 billion parameters are laid out on a graphics card.

The numbers: docs/reference/wan-animate.md#memory.

Sizes are those of the real model in its files; what a segment needs besides is wan_estimate's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipelines.support.devices import torch_device
from pipelines.support.errors import BadUsage, OutOfResources

Placement = Literal["whole", "components", "groups", "cpu"]

AUTO = "auto"
_LAYERS_AHEAD = 1_500_000_000
"""Bytes of the layers that are on the card at a time where layers come and go."""


@dataclass(frozen=True)
class Working:
    """Bytes that a segment needs besides the weights (wan_estimate).

    Attributes:
        transformer, vae: activations; vae_tiled: of the VAE that decodes in tiles.
        pictures: controls and frames, held all the time.
    """

    transformer: int
    vae: int
    vae_tiled: int
    pictures: int


@dataclass(frozen=True)
class Profile:
    """One way to hold the model.

    Attributes:
        name: of the option --profile, after the card that it is made for.
        placement: "whole": all of it on the card; "components": the one network that computes,
            the others wait in host memory; "groups": layer by layer, each fetched while the one
            before computes; "cpu".
        float8: the transformer's matrices are kept in 8 bits and widened as they are used.
        tiled: the VAE decodes in tiles.
        pinned: host memory is locked, which makes fetching fast and takes that memory for good.
        description: for people.
    """

    name: str
    placement: Placement
    float8: bool = False
    tiled: bool = False
    pinned: bool = True
    description: str = ""

    def gpu_bytes(self, sizes: dict[str, int], working: Working) -> int:
        """Graphics memory at its highest, for networks of these sizes."""
        if self.placement == "cpu":
            return 0
        active = {
            "transformer": working.transformer,
            "vae": working.vae_tiled if self.tiled else working.vae,
        }
        if self.placement == "components":
            alone = (size + active.get(name, 0) for name, size in sizes.items())
            return max(alone, default=0) + working.pictures
        held = dict(sizes)
        if self.placement == "groups":
            held["transformer"] = min(held.get("transformer", 0), _LAYERS_AHEAD)
        return sum(held.values()) + max(active.values()) + working.pictures

    def host_bytes(self, sizes: dict[str, int], working: Working) -> int:
        """Host memory at its highest: the weights pass through it in bfloat16."""
        total = sum(sizes.values())
        if self.placement == "cpu":
            return total + max(working.transformer, working.vae) + working.pictures
        if self.placement == "whole":
            return sizes.get("transformer", 0)
        # Locked memory is a second copy, in 8 bits where the weights are.
        locked = self.placement == "groups" and self.pinned
        return total + (sizes.get("transformer", 0) // 2 if locked else 0)


PROFILES: dict[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile("80gb", "whole", description="bfloat16, all of it on the card"),
        Profile("48gb", "components", description="bfloat16, one network on the card at a time"),
        Profile(
            "24gb",
            "groups",
            float8=True,
            tiled=True,
            description="8-bit matrices, fetched layer by layer, VAE in tiles",
        ),
        Profile(
            "16gb",
            "groups",
            float8=True,
            tiled=True,
            pinned=False,
            description="as 24gb, host memory not locked: slower, and half as much of it",
        ),
        Profile("cpu", "cpu", description="on the processor: for tiny models"),
    )
}
NAMES: tuple[str, ...] = (AUTO, *PROFILES)

# From the fastest to the one that needs least; a card of any size is tried in this order.
_ORDER = ("80gb", "48gb", "24gb", "16gb")


def check_profile(name: str) -> None:
    """BadUsage unless it is one of NAMES."""
    if name not in NAMES:
        raise BadUsage(f"--profile {name}: choose from {', '.join(NAMES)}")


def choose_profile(
    asked: str,
    sizes: dict[str, int],
    working: Working,
    gpu_free: int | None,
    host_free: int | None = None,
) -> Profile:
    """The profile to use.

    Args:
        asked: one of NAMES. Whoever names a profile gets it, even if it looks too large.
        sizes: bytes per network, as WanWeights.gpu_bytes gives them.
        working: what a segment needs besides.
        gpu_free: free graphics memory, None without a graphics card.
        host_free: free host memory, None where it cannot be told.

    Raises BadUsage where a graphics card is needed and none is there, OutOfResources where no
    profile fits.
    """
    check_profile(asked)
    if asked == "cpu" or (asked == AUTO and gpu_free is None):
        return PROFILES["cpu"]
    if gpu_free is None:
        raise BadUsage(
            f"--profile {asked} needs a graphics card, and torch sees none",
            "take --profile cpu (tiny models only), or --appearance puppet",
        )
    if asked != AUTO:
        return PROFILES[asked]
    for name in _ORDER:
        profile = PROFILES[name]
        if profile.gpu_bytes(sizes, working) > gpu_free:
            continue
        if host_free is None or profile.host_bytes(sizes, working) <= host_free:
            return profile
    least = PROFILES[_ORDER[-1]]
    raise OutOfResources(_too_small(least, sizes, working, gpu_free, host_free), _SMALLER)


_SMALLER = "take a smaller --size, a quantised transformer with --gguf, or --appearance puppet"


def _too_small(
    least: Profile, sizes: dict[str, int], working: Working, gpu_free: int, host_free: int | None
) -> str:
    gpu, host = least.gpu_bytes(sizes, working), least.host_bytes(sizes, working)
    words = f"Wan-Animate needs {gpu / 1e9:.0f} GB of free GPU memory, {gpu_free / 1e9:.0f} GB are"
    if host_free is not None and host > host_free:
        words += f"; and {host / 1e9:.0f} GB of free host memory, {host_free / 1e9:.0f} GB are"
    return words


def after(name: str) -> str:
    """What to take where a profile has run out of memory."""
    if name in _ORDER[:-1]:
        return f"take --profile {_ORDER[_ORDER.index(name) + 1]}, or a smaller --size"
    return "take a smaller --size" + (", or --gguf with a smaller file" if name in _ORDER else "")


def free_gpu_memory(device: str) -> int | None:
    """Free bytes of the GPU that `device` ("auto", "cpu", "cuda") means; None for none.

    BadUsage where "cuda" was asked for and is not there.
    """
    import torch

    if torch_device(device).type == "cpu":
        return None
    return int(torch.cuda.mem_get_info()[0])


def free_host_memory() -> int | None:
    """Bytes that a process may still take, page cache included; None where the system is mute."""
    try:
        with open("/proc/meminfo", encoding="ascii") as stream:
            lines = dict(line.split(":", 1) for line in stream)
        return int(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return None
