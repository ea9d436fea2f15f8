"""Networks that compute in bfloat16."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def wants_bf16(precision: str, device: torch.device) -> bool:
    """What `--precision` means on a device: "auto" takes bfloat16 on GPUs that have it."""
    if precision == "auto":
        return device.type == "cuda" and torch.cuda.is_bf16_supported()
    return precision == "bf16"


class HalfPrecision(nn.Module):
    """Runs a network in bf16 where that is safe, and hands out float32."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor, *context: Tensor) -> Tensor:
        """As the network's own forward."""
        with torch.autocast(x.device.type, dtype=torch.bfloat16):
            out: Tensor = self.network(x, *context)
        return out.float()
