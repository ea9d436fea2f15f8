"""One position at a time gives what the whole sequence gives."""

import pytest
import torch

from pipelines.motion_expert.sequence.mamba import Mamba
from pipelines.motion_expert.sequence.mamba_step import MambaMemory, mamba_step


@pytest.fixture
def layer():
    torch.manual_seed(0)
    return Mamba(8, state=4).eval()


@torch.no_grad()
def test_steps_are_the_whole_sequence(layer):
    x_BLM = torch.randn(2, 11, 8)
    memory = MambaMemory.empty(layer, x_BLM[:, 0])
    steps = torch.stack([mamba_step(layer, x_BLM[:, n], memory) for n in range(11)], 1)
    torch.testing.assert_close(steps, layer(x_BLM), atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_the_memory_does_not_grow(layer):
    memory = MambaMemory.empty(layer, torch.zeros(3, 8))
    before = memory.inputs.shape, memory.state.shape
    for _ in range(6):
        mamba_step(layer, torch.ones(3, 8), memory)
    assert (memory.inputs.shape, memory.state.shape) == before == ((3, 3, 16), (3, 16, 4))
