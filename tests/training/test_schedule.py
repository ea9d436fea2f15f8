import pytest

from pipelines.training.schedule import SCHEDULES, rate_factor


def test_the_rate_rises_to_one_over_the_warm_up():
    assert [rate_factor(step, 20, 4, "constant") for step in range(6)] == [
        0.25, 0.5, 0.75, 1.0, 1.0, 1.0,
    ]  # fmt: skip
    assert rate_factor(0, 20, 0, "constant") == 1.0


def test_cosine_falls_to_a_hundredth_after_the_warm_up():
    assert rate_factor(0, 110, 10, "cosine") == pytest.approx(0.1)
    assert rate_factor(9, 110, 10, "cosine") == 1.0
    assert rate_factor(60, 110, 10, "cosine") == pytest.approx(0.01 + 0.99 / 2)
    assert rate_factor(110, 110, 10, "cosine") == pytest.approx(0.01)


def test_late_falls_in_a_line_over_the_last_three_tenths():
    assert rate_factor(70, 100, 0, "late") == pytest.approx(1.0)
    assert rate_factor(85, 100, 0, "late") == pytest.approx(0.5)
    assert rate_factor(99, 100, 0, "late") == 0.05


@pytest.mark.parametrize("name", SCHEDULES)
def test_no_schedule_rises_after_the_warm_up(name):
    factors = [rate_factor(step, 50, 5, name) for step in range(5, 51)]
    assert factors == sorted(factors, reverse=True)
    assert factors[0] == 1.0
