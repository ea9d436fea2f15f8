import pytest
import torch

from pipelines.training.learner import Learner
from pipelines.training.optimizers import adamw, adamw_of_matrices, adan


def module(dtype=torch.float32, seed=0):
    torch.manual_seed(seed)
    made = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Linear(4, 2)).to(dtype)
    made[0].requires_grad_(False)
    return made


def backward(model, seed=0):
    x = torch.randn(5, 3, generator=torch.Generator().manual_seed(seed))
    model(x.to(next(model.parameters()).dtype)).float().square().mean().backward()


def test_in_float32_it_is_adamw():
    ours, theirs = module(), module()
    learner = Learner(ours, adamw(1e-2, 0.01))
    optimizer = torch.optim.AdamW(theirs[1].parameters(), lr=1e-2, weight_decay=0.01)
    for step in range(3):
        backward(ours, step)
        backward(theirs, step)
        learner.collect_gradients()
        learner.gradient_norm(0)
        learner.step(1e-2)
        optimizer.step()
        optimizer.zero_grad()
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(one, other)


def test_small_updates_add_up_although_the_network_is_bfloat16():
    model = module(torch.bfloat16)
    frozen, before = model[0].weight.clone(), model[1].weight.clone()
    learner = Learner(model, adamw(1e-5, 0.0))
    for step in range(200):
        backward(model, step)
        learner.collect_gradients()
        learner.step(1e-5)
        if step == 0:
            assert torch.equal(model[1].weight, before)  # too small for the format
    assert not torch.equal(model[1].weight, before)
    assert torch.equal(model[0].weight, frozen)
    assert torch.equal(learner.masters["1.weight"].bfloat16(), model[1].weight)


def test_gradients_are_scaled_down_to_the_limit():
    model = module()
    learner = Learner(model, adamw(1.0, 0.0))
    backward(model)
    learner.collect_gradients()
    norm = learner.gradient_norm(0)
    assert learner.gradient_norm(norm / 2) == pytest.approx(norm)
    assert learner.gradient_norm(0) == pytest.approx(norm / 2, rel=1e-4)


def test_the_average_is_what_is_used_and_put_away_again():
    model = module()
    learner = Learner(model, adamw(0.1, 0.0), ema_decay=0.9)
    start = model[1].weight.detach().clone()
    backward(model)
    learner.collect_gradients()
    learner.step(0.1)
    now = model[1].weight.detach().clone()
    expected = start.lerp(now, 0.9)  # the first decay is 1 / 10
    assert torch.allclose(learner.learned()["1.weight"], expected)
    with learner.averaged():
        assert torch.allclose(model[1].weight, expected)
    assert torch.equal(model[1].weight, now)


@pytest.mark.parametrize("make", [adan, adamw, adamw_of_matrices])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_state_leads_on_bit_by_bit(dtype, make):
    def steps(model, learner, numbers):
        for step in numbers:
            backward(model, step)
            learner.collect_gradients()
            learner.step(1e-2)

    straight = module(dtype)
    learner = Learner(straight, make(1e-2, 0.01), ema_decay=0.5)
    steps(straight, learner, range(3))
    state, updates = learner.state(), learner.updates
    other = module(dtype)  # the frozen part is the same, what learns is loaded
    resumed = Learner(other, make(1e-2, 0.01), ema_decay=0.5)
    resumed.load(state, updates)
    steps(straight, learner, range(3, 6))
    steps(other, resumed, range(3, 6))
    one, two = learner.state(), resumed.state()
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_state_of_something_else_is_refused():
    learner = Learner(module(), adamw(1e-2, 0.0))
    backward(module())
    state = learner.state()
    with pytest.raises(ValueError, match="only one"):
        learner.load({k: v for k, v in state.items() if "bias" not in k}, 0)
    with pytest.raises(ValueError, match=r"is \(9, 9\)"):
        learner.load(state | {"master.1.weight": torch.zeros(9, 9)}, 0)


def test_the_average_warms_up_and_follows_the_closed_form():
    model = torch.nn.Linear(2, 2, bias=False)
    torch.nn.init.constant_(model.weight, 0.0)
    learner = Learner(model, adamw(0.0, 0.0), ema_decay=0.5)
    torch.nn.init.constant_(model.weight, 1.0)  # a rate of 0 leaves it there
    expected = 0.0
    for n in range(12):
        decay = min(0.5, (1 + n) / (10 + n))
        expected = decay * expected + (1 - decay)
        learner.step(0.0)
        assert learner.average["weight"].unique().item() == pytest.approx(expected, rel=1e-6)
    assert learner.updates == 12


def test_an_average_without_memory_is_kept_and_none_is_not():
    model = module()
    learner = Learner(model, adamw(0.1, 0.0), ema_decay=0.0)
    backward(model)
    learner.step(0.1)
    assert torch.equal(learner.average["1.weight"], model[1].weight)
    assert Learner(module(), adamw(0.1, 0.0)).average is None


def test_buffers_belong_to_the_state_but_not_those_of_no_state_dict():
    def build(value):
        model = module()
        model.register_buffer("mean", torch.full((2,), value))
        model.register_buffer("table", torch.full((2,), value), persistent=False)
        return model

    state = Learner(build(3.0), adamw(0.1, 0.0)).state()
    assert [name for name in state if name.startswith("buffer.")] == ["buffer.mean"]
    other = build(0.0)
    Learner(other, adamw(0.1, 0.0)).load(state, 0)
    assert (other.mean.tolist(), other.table.tolist()) == ([3.0, 3.0], [0.0, 0.0])


def test_order_is_the_optimizers():
    learner = Learner(torch.nn.Linear(2, 2), adamw_of_matrices(0.1, 0.1))
    assert learner.order == ["weight", "bias"]
    flipped = torch.nn.Sequential(torch.nn.LayerNorm(2), torch.nn.Linear(2, 2))
    matrices_first = Learner(flipped, adamw_of_matrices(0.1, 0.1)).order
    assert matrices_first == ["1.weight", "0.weight", "0.bias", "1.bias"]


def test_gradients_of_an_update_that_is_not_made_are_dropped():
    model = module()
    learner = Learner(model, adamw(0.1, 0.0))
    backward(model)
    learner.forget_gradients()
    assert all(p.grad is None for p in model.parameters())
