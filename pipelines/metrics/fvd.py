"""What FVD compares (docs/reference/metrics.md#fvd): features of an I3D that users bring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from pipelines.metrics.joints import Float
from pipelines.support.errors import UnsuitableInput

Convention = Literal["styleganv", "disco"]

SIDE = 224
LEAST_FRAMES = 10
DISCO_WINDOW = 16
_BATCH = 4


class VideoFeatures:
    """The I3D network of StyleGAN-V's release, or any with its interface.

    Args:
        network: takes (B, 3, T, 224, 224) in [-1, 1] and the switches rescale, resize and
            return_features, and gives (B, D).
        convention: "styleganv": the whole clip, shorter side bilinear to 224, middle square;
            "disco": a window of 16 frames from every start, squeezed bicubic to a square.
        device: where the network is. named: what messages call it.
    """

    def __init__(
        self, network: Any, convention: Convention, device: torch.device, named: str = "I3D"
    ) -> None:
        self._network, self._convention, self._device = network, convention, device
        self._named = named

    def prepared(self, frame: NDArray[np.uint8]) -> Tensor:
        """One frame (H, W, 3) uint8 as (3, 224, 224) uint8."""
        x = torch.from_numpy(np.array(frame)).permute(2, 0, 1)[None].float()
        if self._convention == "disco":
            x = F.interpolate(x, (SIDE, SIDE), mode="bicubic", align_corners=False)
        else:
            height, width = x.shape[2:]
            scale = SIDE / min(height, width)
            size = [max(SIDE, round(side * scale)) for side in (height, width)]
            x = F.interpolate(x, size, mode="bilinear", align_corners=False)
            top, left = (size[0] - SIDE) // 2, (size[1] - SIDE) // 2
            x = x[..., top : top + SIDE, left : left + SIDE]
        return x[0].clamp(0, 255).round().to(torch.uint8)

    def of_clip(self, frames: Sequence[Tensor]) -> Float:
        """Features (W, D) of a clip's prepared frames, one row per window.

        Raises:
            UnsuitableInput: too few frames, or a network of another interface.
        """
        least = DISCO_WINDOW if self._convention == "disco" else LEAST_FRAMES
        if len(frames) < least:
            raise UnsuitableInput(f"{len(frames)} frames, FVD needs {least}")
        size = DISCO_WINDOW if self._convention == "disco" else len(frames)
        clip = torch.stack(list(frames), dim=1)
        starts = range(len(frames) - size + 1)
        found = []
        for first in range(0, len(starts), _BATCH):
            windows = [clip[:, s : s + size] for s in starts[first : first + _BATCH]]
            batch = torch.stack(windows).to(self._device).float() / 127.5 - 1
            found.append(self._features(batch))
        rows: Float = np.concatenate(found).astype(np.float64)
        return rows

    def _features(self, batch: Tensor) -> NDArray[np.float32]:
        try:
            with torch.inference_mode():
                out = self._network(batch, rescale=False, resize=False, return_features=True)
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1][:160]
            raise UnsuitableInput(f"{self._named}: another interface ({reason})") from None
        return np.asarray(out.flatten(1).cpu().numpy())
