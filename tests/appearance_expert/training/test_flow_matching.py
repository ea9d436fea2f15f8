import pytest
import torch

from pipelines.appearance_expert.training.flow_matching import (
    draw_levels,
    flow_loss,
    level_weights,
    mixed,
    noise_levels,
    sampler_levels,
)


def test_weights_have_the_published_values():
    weights = level_weights()
    golden = {0: 0.0, 100: 0.1391, 250: 0.3980, 500: 1.0249, 750: 1.9140, 900: 1.8653, 999: 0.0319}
    for index, value in golden.items():
        assert float(weights[index]) == pytest.approx(value, abs=5e-5)
    assert float(weights.mean()) == pytest.approx(1)


def test_levels_have_the_published_times_and_the_samplers_table():
    times = 1000 * noise_levels()
    for index, value in {0: 1000, 100: 978.3, 250: 937.5, 500: 833.3, 750: 625, 900: 357.1}.items():
        assert float(times[index]) == pytest.approx(value, abs=0.05)
    assert float(times[999]) == pytest.approx(4.98, abs=0.005)
    table = [
        1, 0.9896, 0.9783, 0.9659, 0.9524, 0.9376, 0.9212, 0.9029, 0.8825, 0.8596, 0.8336, 0.8039,
        0.7697, 0.7297, 0.6825, 0.6259, 0.5568, 0.4704, 0.3594, 0.2116,
    ]  # fmt: skip
    assert sampler_levels(20).tolist() == pytest.approx(table, abs=5e-5)


def test_the_target_is_noise_minus_clean_and_leads_back_to_clean():
    generator = torch.Generator().manual_seed(0)
    clean, noise = torch.randn(2, 2, 16, 3, 2, 2, generator=generator)
    level = torch.tensor([0.25, 0.9])
    noisy = mixed(clean, noise, level)
    assert torch.allclose(noisy - level.view(-1, 1, 1, 1, 1) * (noise - clean), clean, atol=1e-6)
    assert float(flow_loss(noise - clean, clean, noise, torch.ones(2), 1.0)) == 0


def test_the_references_slot_counts_as_asked():
    clean = noise = torch.zeros(1, 16, 5, 2, 2)
    predicted = torch.zeros_like(clean)
    predicted[:, :, 0] = 3.0  # an error in the slot alone
    ones = torch.ones(1)
    assert float(flow_loss(predicted, clean, noise, ones, 0.0)) == 0
    assert float(flow_loss(predicted, clean, noise, ones, 1.0)) == pytest.approx(9 / 5)
    predicted = torch.full_like(clean, 2.0)
    for weight in (0.0, 0.3, 1.0):
        loss = float(flow_loss(predicted, clean, noise, 0.5 * ones, weight))
        assert loss == pytest.approx(2.0)


def test_every_level_is_drawn_equally_often():
    drawn = draw_levels(20_000, torch.Generator().manual_seed(0)).float()
    assert drawn.min() == 0 or drawn.min() < 5
    assert float(drawn.mean()) == pytest.approx(499.5, abs=6)
