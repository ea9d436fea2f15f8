"""The selective scan: fused CPU loops or GPU kernels, the plain PyTorch reference, and a loop.

python benchmarks/scan.py [--frames 300] [--device cpu] [--batches 1 32]

Milliseconds of one scan, forward and backward, and how many times those of the fused one. The
reference is autograd over whole-batch tensors, the per-step loop a recurrent cell that Python calls
song by song and frame by frame (on a CPU only). The last column is how far the fused scan's
gradients lie from the reference's, relative to the largest.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import torch
from measure import best_seconds, headline, table
from torch import Tensor

from pipelines.motion_expert.mace.presets import PRESETS
from pipelines.motion_expert.sequence.selective_scan import selective_scan, selective_scan_reference

Scan = Callable[..., Tensor]


def one_step(
    h_BDN: Tensor, u_BD: Tensor, dt_BD: Tensor, a_DN: Tensor, b_BN: Tensor, c_BN: Tensor
) -> tuple[Tensor, Tensor]:
    """State and output after one frame, as a recurrent cell computes them."""
    h_BDN = torch.exp(dt_BD[..., None] * a_DN) * h_BDN
    h_BDN = h_BDN + (dt_BD * u_BD)[..., None] * b_BN[:, None]
    return h_BDN, torch.einsum("bdn,bn->bd", h_BDN, c_BN)


def per_step_loop(u: Tensor, dt: Tensor, a: Tensor, b: Tensor, c: Tensor) -> Tensor:
    """A Python loop that calls the cell sample by sample and frame by frame."""
    songs = []
    for i in range(len(u)):
        h, out = u.new_zeros(1, *a.shape), []
        for t in range(u.shape[1]):
            row = slice(i, i + 1)
            h, y = one_step(h, u[row, t], dt[row, t], a, b[row, t], c[row, t])
            out.append(y)
        songs.append(torch.stack(out, dim=1))
    return torch.cat(songs)


def arguments(
    batch: int, frames: int, channels: int, state: int, device: str = "cpu"
) -> list[Tensor]:
    """Inputs as a Mamba layer makes them."""
    torch.manual_seed(0)
    decay = -torch.arange(1.0, state + 1).repeat(channels, 1)
    values = [
        torch.randn(batch, frames, channels), 0.1 * torch.rand(batch, frames, channels), decay,
        torch.randn(batch, frames, state), torch.randn(batch, frames, state),
    ]  # fmt: skip
    return [value.to(device).requires_grad_() for value in values]


SCANS: dict[str, Scan] = {
    "fused": selective_scan, "reference": selective_scan_reference, "per step": per_step_loop,
}  # fmt: skip


def seconds(scan: Scan, values: list[Tensor]) -> tuple[float, float]:
    """(forward alone, forward and backward)."""
    with torch.no_grad():
        forward = best_seconds(lambda: scan(*values), 3)
    both = best_seconds(lambda: torch.autograd.grad(scan(*values).sum(), values), 2)
    return forward, both


def difference(values: list[Tensor]) -> float:
    """Largest of the gradients' differences from the reference's, relative to their sizes."""
    pairs = zip(
        torch.autograd.grad(selective_scan(*values).square().sum(), values),
        torch.autograd.grad(selective_scan_reference(*values).square().sum(), values),
        strict=True,
    )
    return max(float((ours - plain).abs().max() / plain.abs().max()) for ours, plain in pairs)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batches", type=int, nargs=2, default=(1, 32))
    asked = parser.parse_args()
    headline()
    scans = dict(SCANS)
    if asked.device != "cpu":
        del scans["per step"]
    rows = []
    for name in ("small", "paper"):
        for batch in asked.batches:
            config = PRESETS[name]
            channels = config.expand * config.width
            values = arguments(batch, asked.frames, channels, config.state, asked.device)
            fast = seconds(selective_scan, values)
            shape = f"{name}: {batch} x {asked.frames} x {channels} x {config.state}"
            apart = f"{difference(values):.0e}"
            for label, scan in scans.items():
                forward, both = fast if label == "fused" else seconds(scan, values)
                times = (forward / fast[0], both / fast[1])
                rows.append((shape, label, 1e3 * forward, 1e3 * both, *times, apart))
                apart = ""
    table(("shape (B x T x D x N)", "", "ms forward", "ms with gradients", "x", "x", "apart"), rows)


if __name__ == "__main__":
    main()
