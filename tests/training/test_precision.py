import pytest
import torch

from pipelines.training.precision import HalfPrecision, wants_bf16


def test_half_precision_hands_out_float32():
    wrapped = HalfPrecision(torch.nn.Linear(8, 8))
    x = torch.randn(2, 8)
    out = wrapped(x)
    assert out.dtype == torch.float32
    assert torch.equal(out, out.bfloat16().float())
    assert not torch.equal(out, wrapped.network(x))
    out.sum().backward()
    assert wrapped.network.weight.grad.dtype == torch.float32


@pytest.mark.parametrize(("asked", "wanted"), [("auto", False), ("fp32", False), ("bf16", True)])
def test_on_a_processor_half_precision_has_to_be_asked_for(asked, wanted):
    assert wants_bf16(asked, torch.device("cpu")) is wanted


def test_auto_asks_the_card(monkeypatch):
    for known in (True, False):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda known=known: known)
        assert wants_bf16("auto", torch.device("cuda")) is known
