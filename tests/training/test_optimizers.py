import torch

from pipelines.training.adan import Adan
from pipelines.training.optimizers import adamw, adamw_of_matrices, adan


def parameters():
    model = torch.nn.ModuleDict({"a": torch.nn.Linear(3, 3), "norm": torch.nn.LayerNorm(3)})
    model.register_parameter("A_log", torch.nn.Parameter(torch.zeros(3, 2)))
    return dict(model.named_parameters())


def decayed(optimizer, named):
    held = {id(p) for g in optimizer.param_groups if g["weight_decay"] for p in g["params"]}
    return {name for name, p in named.items() if id(p) in held}


def test_one_adamw_decays_matrices_only_the_other_everything():
    named = parameters()
    assert decayed(adamw_of_matrices(1e-3, 0.1)(named), named) == {"a.weight"}
    assert decayed(adamw(1e-3, 0.1)(named), named) == set(named)
    assert decayed(adamw(1e-3, 0.0)(named), named) == set()


def test_rates_and_kinds():
    named = parameters()
    made = adan(1e-3, 0.02)(named)
    assert isinstance(made, Adan)
    assert (made.param_groups[0]["lr"], made.param_groups[0]["weight_decay"]) == (1e-3, 0.02)
    for make in (adamw(1e-3, 0.1), adamw_of_matrices(1e-3, 0.1)):
        optimizer = make(named)
        assert {group["lr"] for group in optimizer.param_groups} == {1e-3}
        assert {id(p) for g in optimizer.param_groups for p in g["params"]} == {
            id(p) for p in named.values()
        }
