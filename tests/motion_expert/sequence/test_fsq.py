"""Rounding to levels: closed forms, and the numbers of vector-quantize-pytorch."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipelines.motion_expert.sequence.fsq import FSQ

LEVELS = (7, 5, 5, 5, 5)


def test_a_channel_is_bounded_and_rounded_to_its_levels():
    z = torch.tensor([-9.0, -1.0, -0.2, 0.0, 0.2, 1.0, 9.0])[:, None]
    values, levels = FSQ([7])(z)
    expected = np.round(np.tanh(z.numpy()) * 3 * 1.001)
    np.testing.assert_array_equal(levels.numpy(), expected + 3)
    np.testing.assert_allclose(values.numpy(), expected / 3, atol=1e-6)
    assert values.min() == -1 and values.max() == 1


@pytest.mark.parametrize(("levels", "edge"), [(7, 1.20), (5, 0.97)])
def test_the_outer_levels_begin_where_the_bound_says(levels, edge):
    outer = levels - 1
    found = FSQ([levels])(torch.tensor([[edge - 0.02], [edge + 0.02]]))[1]
    assert found[:, 0].tolist() == [outer - 1, outer]


def test_ids_count_the_first_level_fastest():
    fsq = FSQ(LEVELS)
    assert fsq.codes == 4375
    assert fsq.basis.tolist() == [1, 7, 35, 175, 875]
    assert fsq.ids(torch.tensor([[6, 4, 4, 4, 4], [1, 2, 0, 0, 3]])).tolist() == [4374, 2640]


@given(st.integers(0, 4374))
def test_an_id_is_its_levels(number):
    fsq = FSQ(LEVELS)
    levels = fsq.levels_of(torch.tensor(number))
    assert fsq.ids(levels) == number
    assert ((levels >= 0) & (levels < torch.tensor(LEVELS))).all()


def test_values_of_levels_are_those_of_rounding():
    fsq = FSQ(LEVELS)
    values, levels = fsq(torch.randn(40, 5, generator=torch.Generator().manual_seed(0)) * 2)
    torch.testing.assert_close(fsq.values(levels), values)


def test_the_gradient_is_that_of_the_bound():
    z = torch.tensor([[0.3, -0.8, 0.0, 2.0, 1.0]], requires_grad=True)
    FSQ(LEVELS)(z)[0].sum().backward()
    expected = 1.001 * (1 - torch.tanh(z.detach()) ** 2)
    torch.testing.assert_close(z.grad, expected)


def test_even_levels_are_not_known():
    with pytest.raises(ValueError, match="odd"):
        FSQ([8, 5])


def test_numbers_of_vector_quantize_pytorch():
    """Values and ids of its FSQ 1.23.2 with these levels, as it printed them."""
    z = torch.tensor([
        [0.1, -0.5, 0.9, 1.3, -2.0], [1.19, 0.96, -0.98, 0.24, -0.26],
        [-1.21, 0.3, 0.0, -0.7, 2.5], [0.55, -1.1, 0.4, 0.05, -0.35],
    ])  # fmt: skip
    values, levels = FSQ(LEVELS)(z)
    expected = torch.tensor([
        [0, -0.5, 0.5, 1, -1], [2 / 3, 0.5, -1, 0, -0.5],
        [-1, 0.5, 0, -0.5, 1], [2 / 3, -1, 0.5, 0, -0.5],
    ])  # fmt: skip
    torch.testing.assert_close(values.detach(), expected)
    assert FSQ(LEVELS).ids(levels).tolist() == [815, 1251, 3766, 1335]
