import torch

from pipelines.motion_expert.mace.training_state import Numbered
from pipelines.training.learner import Learner
from pipelines.training.optimizers import adamw_of_matrices, adan


def trained(make):
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.LayerNorm(3), torch.nn.Linear(3, 2))
    model.register_buffer("mean", torch.arange(3.0))
    learner = Learner(model, make(0.1, 0.01), ema_decay=0.9)
    for _ in range(3):
        model(torch.randn(4, 3)).square().sum().backward()
        learner.step(0.1)
    return learner


def test_the_names_are_those_of_older_checkpoints():
    learner = trained(adan)
    tensors, numbers = Numbered().packed(learner.state(), learner.order)
    weights = {"0.weight", "0.bias", "1.weight", "1.bias", "mean"}
    assert {n.removeprefix("model.") for n in tensors if n.startswith("model.")} == weights
    assert {n.removeprefix("ema.") for n in tensors if n.startswith("ema.")} == weights
    moments = {f"optimizer.{n}.{part}" for n in range(4) for part in ("previous", "m", "v", "n")}
    assert {n for n in tensors if n.startswith("optimizer.")} == moments
    assert numbers == {"optimizer": {str(n): {"step": 3} for n in range(4)}}


def test_parameters_are_numbered_as_the_optimizer_counts_them():
    learner = trained(adamw_of_matrices)
    state = learner.state()
    tensors, numbers = Numbered().packed(state, learner.order)
    assert numbers == {"optimizer": {}}  # torch counts in tensors
    for number, name in enumerate(("1.weight", "0.weight", "0.bias", "1.bias")):
        assert torch.equal(tensors[f"optimizer.{number}.exp_avg"], state[f"exp_avg.{name}"])


def test_what_was_packed_comes_back():
    for make in (adan, adamw_of_matrices):
        learner = trained(make)
        state = learner.state()
        tensors, numbers = Numbered().packed(state, learner.order)
        back = Numbered().unpacked(tensors, numbers, learner.order)
        assert back.keys() == state.keys()
        assert all(torch.equal(back[name], state[name]) for name in state)
