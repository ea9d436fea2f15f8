"""The paper's formulas, written here once more, beside what the networks do."""

import itertools

import numpy as np
import pytest
import torch

from pipelines.motion_expert.megadance.generator.layers import sliding_mask
from pipelines.motion_expert.megadance.generator.network import Generator
from pipelines.motion_expert.megadance.presets import LEVELS, GeneratorConfig
from pipelines.motion_expert.sequence.fsq import FSQ


def test_the_mask_is_causal_22_wide_and_the_same_in_all_nine_blocks():
    # Training sees 29 positions: 22 fill the window, the next ones slide it (paper 3.3.3, A.1).
    found = sliding_mask(29, 22, torch.device("cpu"))
    assert found.shape == (87, 87)
    for row, column in itertools.product(range(87), range(87)):
        i, j = row % 29, column % 29
        assert bool(found[row, column]) == (i - 21 <= j <= i), (row, column)
    block = found[:29, :29]
    assert block.sum(1).tolist() == [*range(1, 23), *[22] * 7]


def test_there_are_4375_codes_and_each_has_one_number():
    fsq = FSQ(LEVELS)
    every = torch.tensor(list(itertools.product(*(range(level) for level in LEVELS))))
    ids = fsq.ids(every)
    assert sorted(ids.tolist()) == list(range(7 * 5 * 5 * 5 * 5))
    assert torch.equal(fsq.levels_of(ids), every)
    # vector-quantize-pytorch counts the first level fastest: basis 1, 7, 35, 175, 875.
    assert torch.equal(ids, every @ torch.tensor([1, 7, 35, 175, 875]))


def test_rounding_is_that_of_the_published_formula():
    z = torch.randn(4000, 5, generator=torch.Generator().manual_seed(0)) * 1.5
    values, levels = FSQ(LEVELS)(z)
    count = np.array(LEVELS)
    bounded = np.tanh(z.numpy().astype(np.float64)) * (count - 1) * 1.001 / 2
    sure = np.abs(bounded - np.floor(bounded) - 0.5) > 1e-5  # ties and floats apart
    expected = np.round(bounded)
    assert sure.mean() > 0.999
    assert (levels.numpy() - count // 2)[sure].tolist() == expected[sure].tolist()
    np.testing.assert_allclose(values.numpy()[sure], (expected / (count // 2))[sure], atol=1e-6)
    assert [set(column.tolist()) for column in levels.T] == [set(range(n)) for n in LEVELS]


@pytest.mark.parametrize(("channel", "ends"), [(0, 1.2), (1, 0.972), (4, 0.972)])
def test_the_outer_levels_begin_at_finite_values(channel, ends):
    # atanh((m - 1/2) / (1.001 m)), m the middle level: 1.20 of seven levels, 0.97 of five.
    fsq, z = FSQ(LEVELS), torch.zeros(2, 5)
    z[0, channel], z[1, channel] = ends - 0.01, ends + 0.01
    top = LEVELS[channel] - 1
    assert fsq(z)[1][:, channel].tolist() == [top - 1, top]


def test_the_gradient_is_that_of_the_bound_alone():
    z = torch.linspace(-2, 2, 25).reshape(5, 5).requires_grad_()
    values, _ = FSQ(LEVELS)(z)
    values.sum().backward()
    assert z.grad is not None
    torch.testing.assert_close(z.grad, 1.001 * (1 - torch.tanh(z.detach()) ** 2))


@pytest.mark.parametrize("tokens", ["levels", "flat"])
@pytest.mark.parametrize("layout", ["parallel", "sequential"])
def test_a_prediction_depends_on_no_later_position_and_on_its_own_genre_alone(tokens, layout):
    torch.manual_seed(0)
    config = GeneratorConfig(
        width=16, layers=2, heads=2, dropout=0.0, state=2, genres=("a", "b"), tokens=tokens,
        layout=layout,
    )  # fmt: skip
    network = Generator(config).eval()
    random = torch.Generator().manual_seed(1)
    levels = torch.stack(
        [torch.randint(level, (2, 9, 2), generator=random) for level in LEVELS], -1
    )
    music, genre = torch.randn(2, 9, 35, generator=random), torch.tensor([0, 1])
    with torch.no_grad():
        plain = network(levels, music, genre)
        later_tokens, later_music = levels.clone(), music.clone()
        later_tokens[:, 6:] = 0
        later_music[:, 6:] += 1
        changed = network(later_tokens, later_music, genre)
        other = network(levels, music, torch.tensor([0, 0]))
    torch.testing.assert_close(changed[:, :6], plain[:, :6])
    assert (changed[:, 6] - plain[:, 6]).abs().max() > 1e-4
    torch.testing.assert_close(other[0], plain[0])
    assert (other[1] - plain[1]).abs().max() > 1e-4
