"""The losses in closed form, and what is told of each layer."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.motion_expert.infinitedance import columns
from pipelines.motion_expert.infinitedance.features import encode
from pipelines.motion_expert.infinitedance.tokenizer import PRESETS, Tokenizer
from pipelines.motion_expert.infinitedance.tokenizer_loss import (
    TokenizerWeights,
    judged,
    metric_terms,
    tokenizer_loss,
)
from pipelines.motion_expert.sequence.rvq import RvqConfig


def features(*motions):
    return torch.from_numpy(np.stack([encode(m) for m in motions]))


def test_what_comes_back_whole_costs_nothing_but_truths_own_slide(dance, standing):
    truth = features(dance(0))
    terms = metric_terms(truth, truth)
    assert float(terms["joints"]) == float(terms["velocity"]) == float(terms["acceleration"]) == 0
    still = features(standing(12))
    assert float(metric_terms(still, still)["feet"]) == pytest.approx(0, abs=1e-10)


def test_a_constant_error_has_no_velocity(dance):
    truth = features(dance(1))
    back = truth.clone()
    back[..., columns.places.start + 1 : columns.places.stop : 3] += 0.1  # 21 joints, upwards
    terms = metric_terms(back, truth)
    assert float(terms["joints"]) == pytest.approx(0.01 * 21 / 22, rel=1e-4)
    assert float(terms["velocity"]) == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize(("foot", "joint"), list(enumerate(columns.CONTACT_JOINTS)))
def test_each_label_holds_its_own_foot(standing, foot, joint):
    """The coordinates of one foot move by 3 cm a frame, and only its own label minds."""
    truth = features(standing(11))
    truth[..., columns.contacts] = 0
    truth[..., columns.contacts.start + foot] = 1
    back = truth.clone()
    first = columns.places.start + 3 * (joint - 1)
    back[0, :, first + 1] += 0.03 * torch.arange(11)
    assert float(metric_terms(back, truth)["feet"]) == pytest.approx(0.0009 / 4, rel=1e-3)
    other = truth.clone()
    other[..., columns.contacts] = 1 - other[..., columns.contacts]
    assert float(metric_terms(back, other)["feet"]) == pytest.approx(0, abs=1e-9)


def test_the_loss_is_the_weighted_sum_of_its_terms(dance):
    torch.manual_seed(0)
    tokenizer = Tokenizer(PRESETS["tiny"])
    batch = features(dance(2), dance(3))
    loss, terms = tokenizer_loss(tokenizer, batch, TokenizerWeights(0.5, 0.25))
    metric = sum(terms[name] for name in ("joints", "velocity", "acceleration", "feet"))
    expected = terms["features"] + 0.5 * metric + 0.25 * terms["commitment"]
    assert float(loss.detach()) == pytest.approx(expected, rel=1e-4)
    loss.backward()
    assert all(p.grad is not None for p in tokenizer.parameters())


def test_learning_brings_a_dance_back_and_every_layer_helps(dance):
    torch.manual_seed(0)
    few = RvqConfig(codes=4, width=8, dropout=0.0)
    tokenizer = Tokenizer(replace(PRESETS["tiny"], quantiser=few))
    batch = features(*(dance(seed, 24) for seed in range(4)))
    flat = batch.flatten(0, 1)
    tokenizer.mean_D.copy_(flat.mean(0))
    tokenizer.std_D.copy_(flat.std(0).clamp(min=0.05))
    adam = torch.optim.Adam(tokenizer.parameters(), 5e-3)
    for _ in range(90):
        tokenizer.train()
        loss, _ = tokenizer_loss(tokenizer, batch, TokenizerWeights())
        adam.zero_grad()
        loss.backward()
        adam.step()
    figures = judged(tokenizer, batch)
    spread = float(tokenizer.scaled(batch).pow(2).mean())
    assert figures["loss"] == figures["features_3"] < 0.8 * spread
    assert figures["features_1"] > 1.05 * figures["features_3"]
    assert figures["joints_mm_1"] > figures["joints_mm_3"]
    assert all(0 < figures[f"codes_used_{n}"] <= 1 for n in (1, 2, 3))
