"""The contrastive loss by which encoders of music and of dance learn one space.

docs/reference/infinitedance.md#retrieval. Shapes: B windows, M width.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def info_nce(music_BM: Tensor, motion_BM: Tensor, recording_B: Tensor, scale: Tensor) -> Tensor:
    """Half the cross-entropy of finding the dance for the music, half that of the way back.

    Args:
        music_BM, motion_BM: unit vectors; row i of one belongs to row i of the other.
        recording_B: two windows of one recording overlap or resemble each other: they are neither
            right nor wrong answers, and are left out.
        scale: of the cosines.
    """
    logits_BB = scale * music_BM @ motion_BM.T
    same = recording_B[:, None] == recording_B
    same.fill_diagonal_(False)
    logits_BB = logits_BB.masked_fill(same, float("-inf"))
    right = torch.arange(len(logits_BB), device=logits_BB.device)
    rows, back = F.cross_entropy(logits_BB, right), F.cross_entropy(logits_BB.T, right)
    return (rows + back) / 2
