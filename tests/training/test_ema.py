import pytest
import torch

from pipelines.training.ema import Ema


def constant_model(value):
    model = torch.nn.Linear(2, 2, bias=False)
    torch.nn.init.constant_(model.weight, value)
    return model


def test_starts_at_the_weights_and_does_not_share_them():
    model = constant_model(1.0)
    ema = Ema(model, 0.999)
    torch.nn.init.constant_(model.weight, 5.0)
    assert ema.model.weight.unique().item() == 1.0
    assert not ema.model.training
    assert not ema.model.weight.requires_grad


def test_decay_warms_up_to_its_limit():
    ema = Ema(constant_model(0.0), 0.9)
    assert ema.decay_now() == pytest.approx(0.1)
    ema.updates = 10
    assert ema.decay_now() == pytest.approx(11 / 20)
    ema.updates = 10_000
    assert ema.decay_now() == 0.9


def test_average_follows_the_closed_form():
    model = constant_model(0.0)
    ema = Ema(model, 0.5)
    torch.nn.init.constant_(model.weight, 1.0)
    expected = 0.0
    for n in range(6):
        decay = min(0.5, (1 + n) / (10 + n))
        expected = decay * expected + (1 - decay)
        ema.update(model)
    assert ema.model.weight.unique().item() == pytest.approx(expected, rel=1e-6)


def test_integer_buffers_are_copied():
    model = torch.nn.BatchNorm1d(2)
    ema = Ema(model, 0.9)
    model(torch.randn(8, 2))
    ema.update(model)
    assert ema.model.num_batches_tracked.item() == 1
