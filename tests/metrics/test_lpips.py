"""LPIPS against its definition, layer by layer."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from pipelines.metrics.lpips import Lpips

CPU = torch.device("cpu")
SHAPES = {
    "alex": ((0, 8, 11), (3, 6, 5), (6, 6, 3), (8, 4, 3), (10, 4, 3)),
    "vgg": tuple((place, outputs, 3) for place, outputs in (
        (0, 2), (2, 2), (5, 3), (7, 3), (10, 4), (12, 4), (14, 4), (17, 4), (19, 4), (21, 4),
        (24, 4), (26, 4), (28, 4))),
}  # fmt: skip


def states(net):
    """Random tensors under the names of torchvision's backbone and of the package's heads."""
    torch.manual_seed(1)
    backbone, heads, before = {}, {}, 3
    for number, (place, outputs, side) in enumerate(SHAPES[net]):
        backbone[f"features.{place}.weight"] = 0.3 * torch.randn(outputs, before, side, side)
        backbone[f"features.{place}.bias"] = 0.1 * torch.randn(outputs)
        before = outputs
        if net == "alex":
            heads[f"lin{number}.model.1.weight"] = torch.rand(1, outputs, 1, 1)
    for number, width in enumerate((2, 3, 4, 4, 4) if net == "vgg" else ()):
        heads[f"lin{number}.model.1.weight"] = torch.rand(1, width, 1, 1)
    return backbone, heads


def modules_of(net, state):
    """torchvision's `features` rebuilt as a list, with the numbers whose outputs count."""
    kinds = {"alex": "crpcrpcrcrcr", "vgg": "crcrpcrcrpcrcrcrpcrcrcrpcrcrcr"}[net]
    strides = {0: (4, 2), 3: (1, 2)} if net == "alex" else {}
    layers = []
    for number, kind in enumerate(kinds):
        if kind == "c":
            weight = state[f"features.{number}.weight"]
            stride, padding = strides.get(number, (1, 1))
            layer = nn.Conv2d(*weight.shape[1::-1], weight.shape[2], stride, padding)
            layer.weight.data, layer.bias.data = weight, state[f"features.{number}.bias"]
            layers.append(layer)
        else:
            size = 3 if net == "alex" else 2
            layers.append(nn.ReLU() if kind == "r" else nn.MaxPool2d(size, 2))
    return layers, {"alex": (1, 4, 7, 9, 11), "vgg": (3, 8, 15, 22, 29)}[net]


@pytest.mark.parametrize("net", ["alex", "vgg"])
def test_lpips_equals_its_definition(net):
    state, heads = states(net)
    layers, counted = modules_of(net, state)
    pictures = torch.rand(2, 2, 3, 64, 72) * 2 - 1
    total, both = 0.0, [(p - torch.tensor([-0.030, -0.088, -0.188])[:, None, None])
                        / torch.tensor([0.458, 0.448, 0.450])[:, None, None]
                        for p in pictures]  # fmt: skip
    with torch.no_grad():
        for number, layer in enumerate(layers):
            both = [layer(x) for x in both]
            if number in counted:
                units = [F.normalize(x, dim=1) for x in both]
                head = heads[f"lin{counted.index(number)}.model.1.weight"][:, :, 0, 0]
                apart = ((units[0] - units[1]) ** 2).permute(0, 2, 3, 1) @ head[0]
                total = total + apart.mean((1, 2))
        lpips = Lpips(net, state, heads, CPU)
        found = lpips.distance(*pictures)
        assert found.tolist() == pytest.approx(total.tolist(), rel=1e-4)
        assert lpips.distance(pictures[0], pictures[0]).tolist() == [0, 0]
        assert torch.allclose(lpips.distance(*pictures.flip(0)), found)


def test_a_brighter_head_counts_more():
    state, heads = states("alex")
    pictures = torch.rand(2, 1, 3, 64, 64) * 2 - 1
    twice = {name: 2 * value for name, value in heads.items()}
    with torch.no_grad():
        one, two = (Lpips("alex", state, h, CPU).distance(*pictures) for h in (heads, twice))
    assert torch.allclose(two, 2 * one)


def test_weights_of_another_network_are_refused():
    state, heads = states("alex")
    heads["lin2.model.1.weight"] = torch.rand(1, 5, 1, 1)
    with pytest.raises(ValueError, match="a head of 5 channels on 6"):
        Lpips("alex", state, heads, CPU)
    with pytest.raises(KeyError, match=r"features\.2"):
        Lpips("vgg", state, heads, CPU)
