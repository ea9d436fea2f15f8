"""Counting the blocks of a weight file."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from pipelines.metrics.vbench.weights import count_layers


@given(st.integers(0, 30), st.integers(1, 4))
def test_blocks_are_counted_once_whatever_they_hold(layers, tensors):
    state = {f"a.blocks.{n}.part{k}.weight": torch.zeros(1) for n in range(layers)
             for k in range(tensors)}  # fmt: skip
    state |= {"blocks.0.weight": torch.zeros(1), "a.other.9.weight": torch.zeros(1)}
    assert count_layers(state, "a.blocks.") == layers
