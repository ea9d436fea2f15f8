"""The published network: its size, what halving leaves of a window, its inputs' scales."""

import pytest
import torch
import torch.nn.functional as F

from pipelines.metrics.contrastive.loss import info_nce
from pipelines.metrics.contrastive.network import Contrast, ContrastShape, contrastive_loss


def test_the_published_sizes():
    with torch.device("meta"):
        network = Contrast(ContrastShape(music=1024))
    layer = (3 * 512 * 512 + 3 * 512) + (512 * 512 + 512) + 2 * 2 * 512
    layer += 512 * 2048 + 2048 + 2048 * 512 + 512
    ends = (1024 + 147) * 512 + 2 * 512 + 2 * (512 * 512 + 512)
    assert sum(p.numel() for p in network.parameters()) == 2 * 9 * layer + ends


def test_nine_layers_make_one_of_360_frames_and_any_length_is_a_point(network):
    whole = Contrast(ContrastShape(width=8, heads=1, layers=9, feedforward=8)).eval()
    lengths = []
    for layer in whole.music.layers:
        layer.register_forward_pre_hook(lambda module, x: lengths.append(x[0].shape[1]))
    whole.of_music(torch.zeros(2, 360, 35))
    assert lengths == [360, 180, 90, 45, 23, 12, 6, 3, 2]
    assert network.of_dance(torch.randn(2, 31, 147)).shape == (2, 16)


def test_inputs_are_taken_in_their_own_deviations(network):
    x = torch.randn(2, 20, 35)
    before = network.of_music(x)
    network.music_mean += 3.0
    network.music_std *= 2.0
    torch.testing.assert_close(network.of_music(2 * x + 3), before, atol=1e-5, rtol=1e-4)


def test_the_loss_looks_at_directions_a_hundred_times_as_sharp():
    torch.manual_seed(0)
    music, dance = torch.randn(2, 5, 4)
    units = (F.normalize(x, dim=1) for x in (music, dance))
    expected = info_nce(*units, torch.arange(5), torch.tensor(100.0))
    found = contrastive_loss(7 * music, 0.1 * dance, torch.arange(5))
    assert float(found) == pytest.approx(float(expected), rel=1e-5)


def test_a_batch_s_loss_is_that_of_its_points(network):
    music, dance = torch.randn(3, 20, 35), torch.randn(3, 20, 147)
    points = network.of_music(music), network.of_dance(dance)
    expected = contrastive_loss(*points, torch.arange(3))
    torch.testing.assert_close(network(music, dance, torch.arange(3)), expected)
