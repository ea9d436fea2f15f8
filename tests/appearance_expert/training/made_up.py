"""Batches for a tiny transformer."""

import numpy as np
import torch


def made_up(size, key):
    """Batches of random latents; one of four clips each."""
    random = np.random.default_rng(key)
    items = []
    for number in random.integers(0, 4, size):
        generator = torch.Generator().manual_seed(int(number))

        def noise(*shape, generator=generator):
            return torch.randn(shape, generator=generator)

        items.append({
            "clean": noise(16, 3, 4, 6), "y": noise(20, 3, 4, 6), "pose": noise(16, 2, 4, 6),
            "motion": noise(5, 16), "image": noise(5, 4), "text": noise(7, 32),
        })  # fmt: skip
    return {name: torch.stack([item[name] for item in items]) for name in items[0]}
