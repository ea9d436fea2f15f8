import torch

from pipelines.training.adan import Adan

BETAS = (0.02, 0.08, 0.01)


def reference_adan(weight, gradients, lr, decay, eps=1e-8):
    """Adan written out number by number (Xie et al. 2022, with EDGE's order of events)."""
    m = v = n = 0.0
    previous = 0.0
    for count, gradient in enumerate(gradients, start=1):
        if count > 1:
            change = gradient - previous
            m = (1 - BETAS[0]) * m + BETAS[0] * gradient
            v = (1 - BETAS[1]) * v + BETAS[1] * change
            n = (1 - BETAS[2]) * n + BETAS[2] * (gradient + (1 - BETAS[1]) * change) ** 2
        cm, cv, cn = (1 - (1 - b) ** count for b in BETAS)
        weight -= lr * (m / cm + (1 - BETAS[1]) * v / cv) / ((n / cn) ** 0.5 + eps)
        weight /= 1 + decay * lr
        previous = gradient
    return weight


def test_follows_the_written_out_recurrence():
    gradients = [0.3, -0.1, 0.8, 0.05, -0.6]
    weight = torch.nn.Parameter(torch.tensor([1.5], dtype=torch.float64))
    optimizer = Adan([weight], lr=0.1, weight_decay=0.02)
    for gradient in gradients:
        weight.grad = torch.tensor([gradient], dtype=torch.float64)
        optimizer.step()
    expected = reference_adan(1.5, gradients, lr=0.1, decay=0.02)
    torch.testing.assert_close(weight.item(), expected, rtol=1e-12, atol=0)


def test_first_step_only_decays():
    weight = torch.nn.Parameter(torch.tensor([2.0]))
    optimizer = Adan([weight], lr=0.5, weight_decay=0.1)
    weight.grad = torch.tensor([7.0])
    optimizer.step()
    torch.testing.assert_close(weight.item(), 2.0 / 1.05)


def test_finds_the_minimum_of_a_bowl():
    torch.manual_seed(0)
    target = torch.randn(6)
    weight = torch.nn.Parameter(torch.zeros(6))
    optimizer = Adan([weight], lr=0.05, weight_decay=0.0)
    for _ in range(1000):
        optimizer.zero_grad()
        (weight - target).square().sum().backward()
        optimizer.step()
    torch.testing.assert_close(weight.detach(), target, atol=1e-2, rtol=0)


def test_parameters_that_join_late_count_their_own_steps():
    early, late = torch.nn.Parameter(torch.ones(1)), torch.nn.Parameter(torch.ones(1))
    optimizer = Adan([early, late], lr=0.1, weight_decay=0.0)
    early.grad = torch.ones(1)
    optimizer.step()
    early.grad, late.grad = torch.ones(1), torch.ones(1)
    optimizer.step()
    assert early.item() < 1.0
    assert late.item() == 1.0
