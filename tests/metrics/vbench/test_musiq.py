"""MUSIQ: sizes, and numbers against a forward pass that is written anew."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from pipelines.metrics.vbench.musiq import (
    Musiq,
    StandardisedConv,
    multiscale_patches,
    musiq_from_state,
    same_padding,
)


def randomised(model, seed=0):
    generator = torch.Generator().manual_seed(seed)
    for value in model.parameters():
        value.data = 0.2 * torch.randn(value.shape, generator=generator)
    return model.eval()


def test_the_size_is_that_of_the_published_network():
    with torch.device("meta"):
        model = Musiq(64, 384, 1152, 14)
    assert sum(v.numel() for v in model.parameters()) / 1e6 == pytest.approx(27, abs=0.5)


def test_a_checkpoint_says_all_sizes():
    model = musiq_from_state(randomised(Musiq(32, 128, 64, 3)).state_dict())
    assert sum(v.numel() for v in model.parameters()) == sum(
        v.numel() for v in Musiq(32, 128, 64, 3).parameters()
    )
    assert not model.training


@pytest.mark.parametrize(("side", "stride", "kernel"), [(7, 2, 3), (8, 2, 3), (8, 32, 32)])
def test_padding_covers_every_stride_and_puts_the_odd_one_last(side, stride, kernel):
    padded = same_padding(torch.ones(1, 1, side, side), kernel, stride)[0, 0]
    steps = -(-side // stride)
    assert padded.shape[0] == max(side, (steps - 1) * stride + kernel)
    before = int((padded[:, padded.shape[0] // 2] == 0).int().cumprod(0).sum())
    assert before == (padded.shape[0] - side) // 2


def test_filters_are_standardised():
    conv = StandardisedConv(2, 1, 1, bias=False)
    conv.weight.data = torch.tensor([3.0, 7.0]).reshape(1, 2, 1, 1)
    # Mean 5 and deviation sqrt(8) over one less than two: (-2, 2) / sqrt(8).
    found = conv(torch.tensor([1.0, 4.0]).reshape(1, 2, 1, 1))
    assert float(found.detach()) == pytest.approx((4 - 1) * 2 / 8**0.5, rel=1e-4)


def test_musiq_equals_a_forward_pass_written_from_its_description():
    model = randomised(Musiq(32, 128, 64, 2), seed=3)
    state = model.state_dict()
    picture = torch.rand(1, 3, 70, 100)
    with torch.no_grad():
        expected = _musiq_by_hand(state, picture)
        assert musiq_from_state(state)(picture)[0] == pytest.approx(float(expected), rel=1e-3)


def _musiq_by_hand(state, picture):
    def conv(name, x, stride=1):
        weight = state[f"{name}.weight"]
        flat = weight.flatten(1)
        flat = (flat - flat.mean(1, keepdim=True)) / (flat.std(1, keepdim=True) + 1e-5)
        kernel = weight.shape[-1]
        side = x.shape[-1]
        extra = max(0, ((side + stride - 1) // stride - 1) * stride + kernel - side)
        x = F.pad(x, [extra // 2, extra - extra // 2] * 2)
        return F.conv2d(x, flat.reshape(weight.shape), stride=stride)

    def group(name, x, eps):
        return F.group_norm(x, 32, state[f"{name}.weight"], state[f"{name}.bias"], eps)

    def linear(name, x):
        return F.linear(x, state[f"{name}.weight"], state[f"{name}.bias"])

    def norm(name, x):
        return F.layer_norm(x, x.shape[-1:], state[f"{name}.weight"], state[f"{name}.bias"], 1e-6)

    x = picture * 2 - 1
    tokens, masked = [], []
    tables = "transformer_encoder."
    for scale, longer in enumerate((224, 384, None)):
        size = (70, 100) if longer is None else (round(0.7 * longer), longer)
        scaled = F.interpolate(x, size, mode="bicubic") if longer else x
        rows, columns = -(-size[0] // 32), -(-size[1] // 32)
        high, wide = rows * 32 - size[0], columns * 32 - size[1]
        scaled = F.pad(scaled, [wide // 2, wide - wide // 2, high // 2, high - high // 2])
        patches = [(scaled[:, :, 32 * r : 32 * r + 32, 32 * c : 32 * c + 32], 10 * r // rows,
                    10 * c // columns) for r in range(rows) for c in range(columns)]  # fmt: skip
        room = len(patches) if longer is None else (-(-longer // 32)) ** 2
        fill = [(torch.zeros(1, 3, 32, 32), 0, 0)] * (room - len(patches))
        for number, (patch, row, column) in enumerate(patches + fill):
            y = F.relu(group("gn_root", conv("conv_root", patch, 2), 1e-6))
            y = F.max_pool2d(F.pad(y, [0, 1, 0, 1]), 3, 2)
            z = F.relu(group("block1.gn1", conv("block1.conv1", y), 1e-4))
            z = F.relu(group("block1.gn2", conv("block1.conv2", z), 1e-4))
            z = group("block1.gn3", conv("block1.conv3", z), 1e-4)
            z = F.relu(z + group("block1.gn_proj", conv("block1.conv_proj", y), 1e-4))
            token = linear("embedding", z.permute(0, 2, 3, 1).reshape(1, -1))
            filled = number >= len(patches)
            token = token + state[tables + "posembed_input.position_emb"][0, 10 * row + column]
            token = token + state[tables + "scaleembed_input.scale_emb"][0 if filled else scale]
            tokens.append(token)
            masked.append(filled)
    sequence = torch.cat([state[tables + "cls"][0], *tokens])
    hidden = torch.tensor([False, *masked])
    for layer in range(2):
        block = f"{tables}transformer.encoderblock_{layer}."
        y = norm(block + "norm1", sequence)
        heads = []
        for head in range(2):
            q, k, v = (linear(f"{block}attention.{part}", y)[:, 64 * head : 64 * head + 64]
                       for part in ("query", "key", "value"))  # fmt: skip
            logits = q @ k.T / 8
            logits[hidden[:, None] | hidden[None]] = -1000.0
            heads.append(logits.softmax(-1) @ v)
        sequence = sequence + linear(block + "attention.out", torch.cat(heads, 1))
        y = norm(block + "norm2", sequence)
        sequence = sequence + linear(block + "mlp.fc2", F.gelu(linear(block + "mlp.fc1", y)))
    return linear("head", norm(tables + "encoder_norm", sequence)[0])


def test_musiq_cuts_three_scales():
    patches, place, scale, visible = multiscale_patches(torch.rand(2, 3, 288, 512))
    assert patches.shape == (2, 49 + 144 + 9 * 16, 3, 32, 32)
    assert scale.bincount().tolist() == [49 + 144 - 7 * 12, 7 * 12, 144]
    assert visible.sum() == 4 * 7 + 7 * 12 + 144
    assert place.max() == 8 * 10 + 9
