import pytest
import torch

from pipelines.motion_expert.mace.training_state import load_state, save_state
from pipelines.support.errors import UnsuitableInput
from pipelines.training.adan import Adan
from pipelines.training.ema import Ema


def trained(optimizer_class=Adan, steps=3):
    torch.manual_seed(steps)
    model = torch.nn.Linear(3, 2)
    optimizer = optimizer_class(model.parameters(), lr=0.1)
    ema = Ema(model, 0.9)
    for _ in range(steps):
        optimizer.zero_grad()
        model(torch.randn(4, 3)).square().sum().backward()
        optimizer.step()
        ema.update(model)
    return model, ema, optimizer


@pytest.mark.parametrize("optimizer_class", [Adan, torch.optim.AdamW])
def test_state_round_trip_goes_on_identically(tmp_path, optimizer_class):
    model, ema, optimizer = trained(optimizer_class)
    save_state(tmp_path, model, ema, optimizer, {"step": 3})
    other, other_ema, other_optimizer = trained(optimizer_class, steps=1)
    facts = load_state(tmp_path, other, other_ema, other_optimizer)
    assert facts["step"] == 3
    assert other_ema.updates == 3
    batch = torch.randn(4, 3)
    for one, o in ((model, optimizer), (other, other_optimizer)):
        o.zero_grad()
        one(batch).square().sum().backward()
        o.step()
    assert torch.equal(model.weight, other.weight)
    assert torch.equal(ema.model.weight, other_ema.model.weight)


def test_a_state_of_another_network_is_refused(tmp_path):
    save_state(tmp_path, *trained(), {"step": 3})
    model = torch.nn.Linear(5, 2)
    with pytest.raises(UnsuitableInput, match="does not fit"):
        load_state(tmp_path, model, Ema(model, 0.9), Adan(model.parameters()))
