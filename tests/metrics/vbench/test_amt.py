"""AMT-S: names and size of the official file, and what its parts do where the answer is known."""

from __future__ import annotations

import pytest
import torch

from pipelines.metrics.vbench.amt import AmtS, _Agreement, amt_from_state, middle_frame, warp
from pipelines.support.errors import UnsuitableInput


def randomised(model, seed=0):
    generator = torch.Generator().manual_seed(seed)
    for value in model.parameters():
        value.data = 0.2 * torch.randn(value.shape, generator=generator)
    return model.eval()


def test_the_size_is_that_of_the_published_network():
    with torch.device("meta"):
        model = AmtS()
    assert sum(v.numel() for v in model.parameters()) / 1e6 == pytest.approx(3.0, abs=0.05)


def test_amt_fetches_what_moved():
    picture = torch.rand(1, 2, 9, 12)
    flow = torch.zeros(1, 2, 9, 12)
    flow[:, 0], flow[:, 1] = 2, -1
    assert torch.allclose(warp(picture, flow)[:, :, 1:, :-2], picture[:, :, :-1, 2:], atol=1e-5)


def test_amt_looks_agreement_up_around_a_place():
    first, second = torch.randn(2, 1, 84, 16, 16)
    agreement = _Agreement(first, second)
    y, x = torch.meshgrid(torch.arange(16.0), torch.arange(16.0), indexing="ij")
    here = torch.stack([x, y])[None]
    seen = agreement.around(here, here).reshape(2, 4, 7, 7, 16, 16)
    # Level 0, offset (+1, -2) from place (5, 6), in the second frame and in the first.
    expected = first[0, :, 6, 5] @ second[0, :, 4, 6] / 84**0.5
    assert float(seen[0, 0, 1, 4, 6, 5]) == pytest.approx(float(expected), abs=1e-4)
    expected = second[0, :, 6, 5] @ first[0, :, 4, 6] / 84**0.5
    assert float(seen[1, 0, 1, 4, 6, 5]) == pytest.approx(float(expected), abs=1e-4)


def test_amt_without_weights_shows_both_frames_half():
    model = AmtS()
    for value in model.parameters():
        value.data.zero_()
    first, second = torch.rand(2, 1, 3, 130, 150)
    with torch.no_grad():
        made = middle_frame(model, first, second)
    assert made.shape == first.shape
    assert torch.allclose(made, (first + second) / 2, atol=1e-4)


def test_amt_names_of_the_official_file():
    names = set(AmtS().state_dict())
    assert {
        "feat_encoder.layer2.0.downsample.0.weight", "encoder.pyramid1.0.0.weight",
        "encoder.pyramid4.1.1.weight", "decoder4.convblock.0.1.weight",
        "decoder1.convblock.1.conv4.0.bias", "decoder2.convblock.2.weight", "update4.convc1.bias",
        "update2.flow_head.2.weight", "comb_block.1.weight",
    } <= names  # fmt: skip
    assert not [name for name in names if "norm" in name]
    with torch.no_grad():
        made = middle_frame(
            amt_from_state(randomised(AmtS()).state_dict()), *torch.rand(2, 1, 3, 128, 128)
        )
    assert 0 <= made.min() <= made.max() <= 1


def test_amt_repeats_the_border_beyond_the_picture():
    picture = torch.arange(12.0).reshape(1, 1, 3, 4)
    flow = torch.zeros(1, 2, 3, 4)
    flow[:, 0] = 9
    assert warp(picture, flow)[0, 0].tolist() == [[3.0] * 4, [7.0] * 4, [11.0] * 4]


@pytest.mark.parametrize(("side", "fits"), [(48, False), (49, True)])
def test_frames_that_are_too_small_are_refused(side, fits):
    model, pair = randomised(AmtS()), torch.rand(2, 1, 3, side, 70)
    with torch.no_grad():
        if fits:
            assert middle_frame(model, *pair).shape == (1, 3, side, 70)
        else:
            with pytest.raises(UnsuitableInput, match="70 x 48 pixels are too small"):
                middle_frame(model, *pair)
