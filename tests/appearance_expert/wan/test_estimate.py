import json
from dataclasses import replace

import pytest

from pipelines.appearance_expert.wan.config import WanConfig
from pipelines.appearance_expert.wan.estimate import (
    Estimate,
    Network,
    estimated,
    measured_rates,
    segment_cost,
    segment_seconds,
    working_bytes,
)
from pipelines.appearance_expert.wan.profiles import PROFILES
from pipelines.appearance_expert.wan.weights import find_wan

REAL = Network(width=5120, ffn=13824, layers=40, face_layers=8)


def test_tokens_and_arithmetic_of_the_real_model():
    """The table of docs/reference/wan-animate.md#cost."""
    assert REAL.tokens(720, 1280, 77) == 75_600
    assert REAL.tokens(480, 832, 77) == 32_760
    assert REAL.flops(75_600) == pytest.approx(6.6e15, rel=0.05)
    assert REAL.flops(32_760) == pytest.approx(1.7e15, rel=0.05)


def test_arithmetic_of_the_tiny_model_is_what_torch_counts(tiny_wan):
    import torch
    from diffusers import WanAnimateTransformer3DModel
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    folder = tiny_wan / "transformer"
    network = Network.of(json.loads((folder / "config.json").read_text()))
    assert (network.width, network.ffn, network.layers, network.face_layers) == (24, 32, 2, 1)
    model = WanAnimateTransformer3DModel.from_pretrained(folder)
    tokens = network.tokens(256, 256, 17)
    # Of the other implementations of attention, torch's counter does not know the CPU's.
    exact = sdpa_kernel(SDPBackend.MATH)
    with torch.no_grad(), exact, FlopCounterMode(display=False) as counter:
        for block in model.blocks:
            text = torch.zeros(1, 512 + 257, 24)
            block(torch.zeros(1, tokens, 24), text, torch.zeros(1, 6, 24), None)
    assert network.flops(tokens) == pytest.approx(counter.get_total_flops(), rel=0.1)


def test_memory_of_the_real_model():
    """As the full-size networks took it on shapes alone, and a tenth."""
    small, large = (working_bytes(REAL, *size, 77) for size in ((480, 832), (720, 1280)))
    assert small.transformer == pytest.approx(1.1 * 4.40e9, rel=0.02)
    assert large.transformer == pytest.approx(1.1 * 10.13e9, rel=0.02)
    assert small.vae == pytest.approx(1.1 * 8.16e9, rel=0.02)
    assert small.vae_tiled == large.vae_tiled < 2e9
    slim = replace(REAL, vae_width=48)
    assert working_bytes(slim, 480, 832, 77).vae == pytest.approx(small.vae / 2, rel=1e-6)
    whole, half = (segment_cost(network, 480, 832, 77, 20)[1] for network in (REAL, slim))
    assert half == pytest.approx(whole / 4)


def test_time_is_arithmetic_over_rate():
    cost = segment_cost(REAL, 480, 832, 77, forwards=20)
    assert cost[0] == pytest.approx(34e15, rel=0.05)
    fast, slow = (segment_seconds(cost, "cuda", (rate, rate / 10)) for rate in (600e12, 300e12))
    assert slow == pytest.approx(2 * fast)
    assert segment_seconds(cost, "cuda", None) is None
    assert min(measured_rates("cpu")) > 1e7


def test_a_whole_video(tiny_wan):
    config = WanConfig(wan_sampling_steps=10, segment_frames=17, overlap=1, forecast=True)
    weights = find_wan(str(tiny_wan))
    cost = estimated(weights, config, (48, 64), 40, PROFILES["cpu"])
    assert (cost.profile, cost.segments, cost.gpu_bytes) == ("cpu", 3, 0)
    every = estimated(weights, replace(config, forecast=False), (48, 64), 40, PROFILES["cpu"])
    assert every.petaflops > cost.petaflops


def test_words_say_that_they_are_estimates():
    words = Estimate("80gb", 7, 47_000_000_000, 34_000_000_000, 36.2, 85.0).words()
    assert words == {
        "profile": "80gb",
        "memory": "≈ 47 GB on the GPU, ≈ 34 GB of host memory",
        "time": "7 segments of ≈ 36 PFLOP, ≈ 85 s each, ≈ 10 min",
    }
    unknown = Estimate("cpu", 1, 0, 1_500_000_000, 0.001, None).words()
    assert unknown["memory"] == "≈ 1.5 GB of host memory"
    assert unknown["time"] == "1 segment of ≈ 0.001 PFLOP"
