"""Counted without storage, against what a real backward pass on the CPU keeps."""

import pytest
import torch

from pipelines.appearance_expert.training.estimate import Step, _kept, estimate_step

REAL = {"added_kv_proj_dim": 5120}


@pytest.fixture(scope="module")
def real():
    return {
        stage: estimate_step(REAL, Step(stage, 32, (480, 832), 77))
        for stage in ("kinematic", "aesthetic")
    }


def test_the_real_model_in_numbers(real):
    kinematic, aesthetic = real["kinematic"], real["aesthetic"]
    assert kinematic.parameters == 17_274_816_884
    assert kinematic.tokens == 32_760
    assert (kinematic.learning, aesthetic.learning) == (332_800, 153_354_240)
    assert 34.4e9 < kinematic.weights < 34.7e9
    # 12 bytes of float32 copy and moments, 6 of gradients.
    assert aesthetic.learner == 18 * 153_354_240
    assert kinematic.total < 80e9


def test_arithmetic_is_the_published_formula(real):
    """docs/reference/wan-animate.md#cost: 2 P n + 4 layers n^2 d per forward, led back."""
    n, d = 32_760, 5120
    layers = (real["kinematic"].operations - 4.5 * 4 * 40 * n * n * d) / (3 * 2 * n)
    assert layers == pytest.approx(12.0e9, rel=0.02)


def test_checkpointing_and_parts_save_what_they_should(real):
    plain = estimate_step(REAL, Step("kinematic", 32, (480, 832), 77, checkpointing=False))
    assert plain.activations > 8 * real["kinematic"].activations
    assert plain.operations < real["kinematic"].operations
    cut = estimate_step(REAL, Step("kinematic", 32, (480, 832), 77, parts=8))
    assert cut.weights == real["kinematic"].weights // 8
    two = estimate_step(REAL, Step("kinematic", 32, (480, 832), 77, batch=2))
    assert two.activations == 2 * real["kinematic"].activations


@pytest.mark.parametrize("stage", ["kinematic", "aesthetic", "base"])
def test_what_a_block_keeps_is_counted_exactly(tiny_transformer, stage):
    """The block of the config without storage, and the real block on the CPU."""
    from pipelines.appearance_expert.training.stages import prepare_stage

    config = dict(tiny_transformer.config)
    prepare_stage(tiny_transformer, stage, rank=4)
    n = Step(stage, 4, (32, 48), 5).tokens
    hidden = torch.randn(1, n, 24, requires_grad=True)
    turns = torch.randn(1, n, 1, 12)
    with _kept(tiny_transformer.blocks[0]) as real:
        tiny_transformer.blocks[0](
            hidden, torch.randn(1, 769, 24), torch.randn(1, 6, 24), (turns, turns)
        )
    with torch.device("meta"):
        empty = type(tiny_transformer)(**{k: v for k, v in config.items() if k[0] != "_"})
    prepare_stage(empty, stage, rank=4)
    hidden, turns = hidden.detach().to("meta").requires_grad_(True), turns.to("meta")
    with _kept(empty.blocks[0]) as counted_bytes:
        empty.blocks[0](
            hidden, torch.empty(1, 769, 24, device="meta"), torch.empty(1, 6, 24, device="meta"),
            (turns, turns),
        )  # fmt: skip
    assert counted_bytes[0] == real[0]
    assert real[0] > 0
