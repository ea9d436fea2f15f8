"""Windows go through the tokenizer once."""

import numpy as np
import torch

from pipelines.motion.representation import encode
from pipelines.motion_expert.megadance.generator.window_tokens import WindowTokens


def test_a_window_is_made_tokens_of_once(tokenizer, dances):
    x = torch.from_numpy(np.stack([encode(dances(seed=n).motion) for n in (0, 1, 2)]))
    kept, expected = WindowTokens(tokenizer, 6), tokenizer.encode(x)
    assert torch.equal(kept.of(torch.tensor([4, 0, 5]), x), expected)
    again = kept.of(torch.tensor([5, 4]), torch.zeros_like(x[:2]))
    assert torch.equal(again, expected[[2, 0]])
