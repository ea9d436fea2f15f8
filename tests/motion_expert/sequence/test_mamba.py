"""Mamba layers: names, causality, symmetry, and an independent computation of the numbers."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from pipelines.motion_expert.sequence.mamba import BiMamba, Mamba

# Names and shapes of mamba_ssm.Mamba(d_model=M, d_state=N, d_conv=K, expand=E), D = E M,
# R = ceil(M / 16).
WIDTH, STATE, CONV, EXPAND = 20, 3, 4, 2
CHANNELS, RANK = EXPAND * WIDTH, 2
MAMBA_SSM = {
    "A_log": (CHANNELS, STATE),
    "D": (CHANNELS,),
    "in_proj.weight": (2 * CHANNELS, WIDTH),
    "conv1d.weight": (CHANNELS, 1, CONV),
    "conv1d.bias": (CHANNELS,),
    "x_proj.weight": (RANK + 2 * STATE, CHANNELS),
    "dt_proj.weight": (CHANNELS, RANK),
    "dt_proj.bias": (CHANNELS,),
    "out_proj.weight": (WIDTH, CHANNELS),
}


@pytest.fixture
def layer():
    torch.manual_seed(0)
    return Mamba(WIDTH, STATE, CONV, EXPAND)


def test_state_dict_is_that_of_mamba_ssm(layer):
    shapes = {name: tuple(value.shape) for name, value in layer.state_dict().items()}
    assert shapes == MAMBA_SSM


def test_starts_as_mamba_ssm_does(layer):
    assert torch.allclose(
        layer.A_log.exp(), torch.arange(1.0, STATE + 1).expand(CHANNELS, STATE), rtol=1e-6
    )
    assert torch.equal(layer.D, torch.ones(CHANNELS))
    steps = F.softplus(layer.dt_proj.bias)
    assert steps.min() > 0.99e-3
    assert steps.max() < 0.101
    assert layer.dt_proj.weight.abs().max() <= RANK**-0.5


def by_hand(layer, x_LM):
    """The layer in numpy, double precision, one step after the other (Gu and Dao 2023)."""
    weights = {k: v.double().numpy() for k, v in layer.state_dict().items()}

    def softplus(v):
        return np.logaddexp(0, v)

    def silu(v):
        return v / (1 + np.exp(-v))

    xz = x_LM @ weights["in_proj.weight"].T
    x, z = xz[:, :CHANNELS], xz[:, CHANNELS:]
    padded = np.vstack([np.zeros((CONV - 1, CHANNELS)), x])
    kernel = weights["conv1d.weight"][:, 0]
    u = np.stack([(padded[t : t + CONV] * kernel.T).sum(0) for t in range(len(x))])
    u = silu(u + weights["conv1d.bias"])
    parts = u @ weights["x_proj.weight"].T
    step, b, c = np.split(parts, [RANK, RANK + STATE], axis=1)
    dt = softplus(step @ weights["dt_proj.weight"].T + weights["dt_proj.bias"])
    h, y = np.zeros((CHANNELS, STATE)), np.zeros_like(u)
    for t in range(len(x)):
        h = np.exp(-dt[t][:, None] * np.exp(weights["A_log"])) * h
        h += (dt[t] * u[t])[:, None] * b[t]
        y[t] = h @ c[t] + weights["D"] * u[t]
    return (y * silu(z)) @ weights["out_proj.weight"].T


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_equals_the_equations(layer, dtype):
    x = torch.randn(1, 23, WIDTH)
    expected = by_hand(layer, x[0].double().numpy())
    with torch.no_grad():
        found = layer.to(dtype)(x.to(dtype))[0]
    tolerance = 1e-5 if dtype == torch.float32 else 1e-10
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)


def test_parameters_get_the_same_gradients_in_both_precisions(layer):
    x = torch.randn(2, 40, WIDTH)
    layer(x).square().sum().backward()
    singles = {name: value.grad.clone() for name, value in layer.named_parameters()}
    layer.zero_grad()
    layer = layer.double()
    layer(x.double()).square().sum().backward()
    for name, value in layer.named_parameters():
        scale = float(value.grad.abs().max()) + 1e-12
        assert float((singles[name] - value.grad).abs().max()) / scale < 1e-5, name


def test_is_causal(layer):
    x = torch.randn(1, 30, WIDTH)
    later = x.clone()
    later[:, 17:] += 1
    with torch.no_grad():
        before, after = layer(x), layer(later)
    assert torch.equal(before[:, :17], after[:, :17])
    assert not torch.allclose(before[:, 17:], after[:, 17:])


def test_samples_of_a_batch_do_not_meet(layer):
    x = torch.randn(3, 9, WIDTH)
    with torch.no_grad():
        together = layer(x)
        alone = torch.cat([layer(x[i : i + 1]) for i in range(3)])
    assert torch.allclose(together, alone, atol=1e-6)


def test_one_frame(layer):
    assert layer(torch.randn(1, 1, WIDTH)).shape == (1, 1, WIDTH)


def test_bimamba_runs_backwards_what_runs_forwards():
    """With the two layers' weights exchanged, time-flipped input gives time-flipped output."""
    torch.manual_seed(1)
    block = BiMamba(WIDTH, STATE, CONV, EXPAND)
    mirror = BiMamba(WIDTH, STATE, CONV, EXPAND)
    mirror.norm.load_state_dict(block.norm.state_dict())
    mirror.forward_mamba.load_state_dict(block.backward_mamba.state_dict())
    mirror.backward_mamba.load_state_dict(block.forward_mamba.state_dict())
    x = torch.randn(2, 31, WIDTH)
    with torch.no_grad():
        assert torch.allclose(mirror(x.flip(1)).flip(1), block(x), atol=1e-6)


def test_bimamba_sums_two_independent_layers_of_the_normalised_input():
    torch.manual_seed(2)
    block = BiMamba(WIDTH, STATE, CONV, EXPAND)
    x = 3 + 5 * torch.randn(1, 12, WIDTH)
    with torch.no_grad():
        centred = F.layer_norm(x, (WIDTH,))
        forward, backward = block.forward_mamba(centred), block.backward_mamba(centred.flip(1))
        assert torch.allclose(block(x), forward + backward.flip(1), atol=1e-6)
        # Both directions together see every frame from every frame.
        changed = x.clone()
        changed[:, 6] += torch.randn(WIDTH)
        moved = (block(changed) - block(x)).abs().amax(-1)[0]
    assert (moved > 0).all()


def test_one_direction_is_causal():
    torch.manual_seed(3)
    block = BiMamba(WIDTH, STATE, CONV, EXPAND, directions=1)
    assert block.backward_mamba is None
    x = torch.randn(1, 12, WIDTH)
    later = x.clone()
    later[:, 8:] -= 1
    with torch.no_grad():
        assert torch.equal(block(x)[:, :8], block(later)[:, :8])
