"""The published network: its size, its halving, its layers by hand."""

import pytest
import torch
import torch.nn.functional as F

from pipelines.metrics.genre.network import ClassifierShape, GenreClassifier, halved


def test_the_published_sizes_have_the_published_number_of_parameters():
    with torch.device("meta"):
        network = GenreClassifier(ClassifierShape(16, 20))
    layer = (3 * 512 * 512 + 3 * 512) + (512 * 512 + 512) + 2 * 2 * 512
    layer += 512 * 2048 + 2048 + 2048 * 512 + 512
    ends = (147 * 512 + 512) + (512 * 512 + 512) + (512 * 128 + 128) + (128 * 20 + 20)
    count = sum(p.numel() for p in network.parameters())
    assert count == 8 * layer + ends
    assert count / 1e6 == pytest.approx(25.6, abs=0.05)  # 25.9 less 0.3 that are never used


def test_a_window_of_1024_frames_becomes_four():
    x = torch.zeros(1, 1024, 2)
    for _ in range(8):
        x = halved(x)
    assert x.shape == (1, 4, 2)


def test_halving_is_a_mean_of_three_in_which_zeros_beyond_the_ends_count():
    x = torch.tensor([3.0, 6.0, 9.0, 12.0])[None, :, None]
    assert halved(x)[0, :, 0].tolist() == [3.0, 9.0]
    assert halved(x[:, :1])[0, :, 0].tolist() == [1.0]


def test_the_whole_network_by_hand(network):
    torch.manual_seed(0)
    frames = torch.randn(2, 30, 147)
    state = dict(network.named_parameters())

    def linear(name, x):
        return F.linear(x, state[f"{name}weight"], state[f"{name}bias"])

    x = linear("into.1.", linear("into.0.", frames))
    for n in range(2):
        at = f"layers.{n}."
        q, k, v = F.linear(
            x, state[at + "self_attn.in_proj_weight"], state[at + "self_attn.in_proj_bias"]
        ).chunk(3, -1)
        q, k, v = (part.unflatten(-1, (2, 8)).transpose(1, 2) for part in (q, k, v))
        mixed = torch.softmax(q @ k.transpose(-1, -2) / 8**0.5, -1) @ v
        attended = linear(at + "self_attn.out_proj.", mixed.transpose(1, 2).flatten(2))
        x = F.layer_norm(x + attended, (16,), state[at + "norm1.weight"], state[at + "norm1.bias"])
        fed = linear(at + "linear2.", F.relu(linear(at + "linear1.", x)))
        x = F.layer_norm(x + fed, (16,), state[at + "norm2.weight"], state[at + "norm2.bias"])
        padded = F.pad(x, (0, 0, 1, 1))
        x = (padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:])[:, ::2] / 3
    expected = linear("out.1.", linear("out.0.", x.mean(1)))
    with torch.no_grad():
        torch.testing.assert_close(network(frames), expected, atol=1e-5, rtol=1e-4)


def test_any_number_of_frames(network):
    for frames in (1, 2, 7, 150):
        assert network(torch.zeros(1, frames, 147)).shape == (1, 20)
