"""Weights go to disk and come back; what does not belong together is refused."""

import pytest
import torch
from torch import nn

from pipelines.metrics.network_weights import load_weights, save_weights
from pipelines.support.errors import UnsuitableInput


@pytest.mark.parametrize("half", [False, True])
def test_there_and_back(tmp_path, half):
    layer = nn.Linear(3, 2)
    digest = save_weights(tmp_path / "new" / "w.safetensors", layer.state_dict(), half)
    found = load_weights(
        tmp_path / "new" / "w.safetensors", digest, "w.json", lambda: nn.Linear(3, 2)
    )
    assert not found.training and found.weight.dtype == torch.float32
    tolerance = 1e-3 if half else 0.0
    torch.testing.assert_close(found.weight, layer.weight, atol=tolerance, rtol=0)


def test_other_weights_and_other_sizes_are_refused(tmp_path):
    path = tmp_path / "w.safetensors"
    digest = save_weights(path, nn.Linear(3, 2).state_dict())
    with pytest.raises(UnsuitableInput, match=r"SHA-256 in w\.json; damaged or mixed up"):
        load_weights(path, "0" * 64, "w.json", lambda: nn.Linear(3, 2))
    with pytest.raises(UnsuitableInput, match=r"does not fit w\.json"):
        load_weights(path, digest, "w.json", lambda: nn.Linear(4, 2))
