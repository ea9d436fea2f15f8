"""The compiled scan against plain numpy loops, job by job, and what lies outside a job's reach."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.motion_expert.sequence import scan_kernels
from pipelines.motion_expert.sequence.scan_kernels import SEGMENT, TILE, count_tiles, exp_single

DTYPES = pytest.mark.parametrize("dtype", [np.float64, np.float32])


def made_up(batch: int, length: int, channels: int, order: int, dtype, seed: int = 0):
    """u, dt (B, L, D), a (N, D), b, c (B, L, N) as a layer makes them."""
    random = np.random.default_rng(seed)
    shapes = ((batch, length, channels), (batch, length, order), (batch, length, order))
    u, b, c = (random.normal(size=shape) for shape in shapes)
    dt = 10 ** random.uniform(-3, 0, (batch, length, channels))
    a = -random.uniform(0.1, 8, (order, channels))
    return [np.ascontiguousarray(x, dtype=dtype) for x in (u, dt, a, b, c)]


def plain_forward(u, dt, a, b, c):
    """The definition in numpy, and every state (B, L, N, D)."""
    batch, length, channels = u.shape
    h = np.zeros((batch, len(a), channels))
    y, states = np.empty(u.shape), np.empty((batch, length, len(a), channels))
    for t in range(length):
        drive = (dt[:, t] * u[:, t])[:, None] * b[:, t, :, None]
        h = np.exp(dt[:, t, None] * a) * h + drive
        states[:, t] = h
        y[:, t] = (c[:, t, :, None] * h).sum(1)
    return y, states


def forward(values, keep: bool = False, jobs: list[tuple[int, int]] | None = None):
    u, a = values[0], values[2]
    batch, length, channels = u.shape
    count = batch * count_tiles(channels)
    shape = (batch, -(-length // SEGMENT), len(a), channels) if keep else (0, 0, 0, 0)
    y, states = np.full_like(u, np.nan), np.full(shape, np.nan, u.dtype)
    for begin, end in jobs or [(0, count)]:
        scan_kernels.forward(begin, end, *values, y, states)
    return y, states


def backward(values, gy):
    u, a, b = values[0], values[2], values[3]
    batch, _, channels = u.shape
    tiles = count_tiles(channels)
    _, states = forward(values, keep=True)
    gu, gdt = np.empty_like(u), np.empty_like(u)
    ga = np.empty((batch, *a.shape), u.dtype)
    gb, gc = (np.empty((tiles, *b.shape), u.dtype) for _ in range(2))
    scan_kernels.backward(0, batch * tiles, *values, states, gy, gu, gdt, ga, gb, gc)
    return gu, gdt, ga.sum(0), gb.sum(0), gc.sum(0)


@pytest.mark.parametrize(
    ("channels", "tiles"), [(1, 1), (TILE - 1, 1), (TILE, 1), (TILE + 1, 2), (3 * TILE, 3)]
)
def test_tiles_hold_all_channels(channels, tiles):
    assert count_tiles(channels) == tiles


@DTYPES
@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    batch=st.integers(1, 3),
    length=st.integers(1, SEGMENT + 4),
    channels=st.sampled_from([1, 5, TILE - 1, TILE, TILE + 3]),
    order=st.integers(1, 6),
    seed=st.integers(0, 99),
)
def test_forward_equals_the_plain_loop(dtype, batch, length, channels, order, seed):
    values = made_up(batch, length, channels, order, dtype, seed)
    expected, _ = plain_forward(*[value.astype(float) for value in values])
    y, _ = forward(values)
    tolerance = 1e-12 if dtype == np.float64 else 3e-5
    np.testing.assert_allclose(y, expected, atol=tolerance * max(1, np.abs(expected).max()))


@DTYPES
def test_every_thirty_second_state_is_kept_before_its_step(dtype):
    values = made_up(2, 2 * SEGMENT + 5, TILE + 2, 3, dtype)
    _, every = plain_forward(*[value.astype(float) for value in values])
    y, kept = forward(values, keep=True)
    assert kept.shape == (2, 3, 3, TILE + 2)
    assert (kept[:, 0] == 0).all()
    for segment in (1, 2):
        np.testing.assert_allclose(kept[:, segment], every[:, segment * SEGMENT - 1], atol=2e-5)
    np.testing.assert_array_equal(y, forward(values)[0])  # keeping them changes no result


@DTYPES
def test_jobs_in_any_order_and_cut_give_the_same_bits(dtype):
    values = made_up(3, 20, 2 * TILE + 1, 4, dtype)
    whole, _ = forward(values)
    for jobs in ([(k, k + 1) for k in range(9)], [(5, 9), (0, 5)], [(8, 9), (0, 8)]):
        np.testing.assert_array_equal(forward(values, jobs=jobs)[0], whole)


def test_a_job_writes_to_its_own_place_only():
    values = made_up(2, 6, TILE + 4, 2, np.float32)
    y, _ = forward(values, jobs=[(1, 2)])  # the second tile of the first sample
    assert np.isfinite(y[0, :, TILE:]).all()
    assert np.isnan(y[0, :, :TILE]).all() and np.isnan(y[1]).all()


def test_samples_and_channels_do_not_meet():
    values = made_up(2, 12, 7, 3, np.float64)
    before, _ = forward(values)
    values[0][1] += 1
    values[0][0, :, 3] += 1
    after, _ = forward(values)
    same = np.ones((2, 12, 7), bool)
    same[1], same[0, :, 3] = False, False
    np.testing.assert_array_equal(before[same], after[same])
    assert (before[~same] != after[~same]).any()


def test_time_runs_forward_only():
    values = made_up(1, 40, 5, 3, np.float64)
    before, _ = forward(values)
    values[0][0, 25] += 1
    after, _ = forward(values)
    np.testing.assert_array_equal(before[0, :25], after[0, :25])
    assert np.abs(before[0, 25:] - after[0, 25:]).max() > 0


def test_without_decay_the_scan_is_a_running_sum():
    u, dt, a, b, c = made_up(1, 50, 3, 1, np.float64)
    y, _ = forward([u, dt * 0 + 1, a * 0, b * 0 + 1, c * 0 + 1])
    np.testing.assert_allclose(y, np.cumsum(u, axis=1), atol=1e-12)


@DTYPES
@pytest.mark.parametrize("length", [1, SEGMENT, SEGMENT + 1, 2 * SEGMENT + 7])
def test_backward_equals_finite_differences_of_the_plain_loop(dtype, length):
    """Along one random direction of all arguments at once, in double precision."""
    values = made_up(2, length, TILE + 3, 3, np.float64, 4)
    random = np.random.default_rng(5)
    gy = random.normal(size=values[0].shape)
    ways = [random.normal(size=value.shape) * 0.1 * np.abs(value).mean() for value in values]
    step = 1e-6

    def loss(sign: float) -> float:
        moved = [value + sign * step * way for value, way in zip(values, ways, strict=True)]
        return float((plain_forward(*moved)[0] * gy).sum())

    slope = (loss(1) - loss(-1)) / (2 * step)
    cast = [value.astype(dtype) for value in values]
    gradients = backward(cast, gy.astype(dtype))
    found = sum(float((g * way).sum()) for g, way in zip(gradients, ways, strict=True))
    scale = sum(float(np.abs(g * way).sum()) for g, way in zip(gradients, ways, strict=True))
    assert found == pytest.approx(slope, abs=(1e-7 if dtype == np.float64 else 1e-4) * scale)


def test_each_gradient_alone_equals_finite_differences():
    values = made_up(1, 9, 4, 2, np.float64, 6)
    gy = np.random.default_rng(7).normal(size=values[0].shape)
    gradients = backward(values, gy)
    for which, gradient in enumerate(gradients):
        assert gradient.shape == values[which].shape
        for place in ((0,) * gradient.ndim, tuple(n - 1 for n in gradient.shape)):
            losses = []
            for step in (1e-6, -1e-6):
                moved = [value.copy() for value in values]
                moved[which][place] += step
                losses.append((plain_forward(*moved)[0] * gy).sum())
            slope = (losses[0] - losses[1]) / 2e-6
            assert gradient[place] == pytest.approx(slope, abs=1e-6), (which, place)


def test_no_gradient_where_nothing_is_asked():
    values = made_up(2, 10, 5, 3, np.float32)
    for gradient in backward(values, np.zeros_like(values[0])):
        assert (gradient == 0).all()


@settings(max_examples=50, deadline=None)
@given(st.floats(-80, 80, width=32))
def test_the_exponential_of_sums_is_the_product(x):
    half = np.float32(x / 2)
    assert exp_single(half) * exp_single(half) == pytest.approx(
        float(np.exp(2 * np.float64(half))), rel=2e-5
    )


def test_the_exponential_is_one_at_zero_and_never_negative():
    assert exp_single(np.float32(0)) == 1.0
    grid = np.array([exp_single(x) for x in np.linspace(-200, 87, 2001, dtype=np.float32)])
    assert (grid >= 0).all() and (np.diff(grid) >= 0).all() and np.isfinite(grid).all()
