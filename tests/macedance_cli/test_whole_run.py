"""How long the whole run still takes."""

import pytest

from macedance_cli.whole_run import WholeRun


@pytest.fixture
def run():
    whole = WholeRun()
    whole.expect({"hear": 2.0, "dance": 3.0, "draw": 10.0, "write": 1.0})
    return whole


def test_what_is_to_come_is_scaled_by_what_went_before(run):
    run.begin("hear")
    assert run.left("hear", 0.5, 2.0) == pytest.approx(2.0 + 2 * 14.0)  # twice as slow
    run.end("hear", 4.0)
    run.begin("draw")  # the dance was there, or had other names
    assert run.left("draw", 0.1, 2.0) == pytest.approx(18.0 + 24 / 12 * 1.0)


def test_the_last_stage_and_unknown_ones_tell_nothing_of_the_whole(run):
    run.begin("write")
    assert run.left("write", 0.5, 1.0) is None
    run.begin("polish")
    assert run.left("polish", 0.5, 1.0) is None
    run.begin("hear")
    assert run.left("hear", 0.0, 1.0) is None
    assert WholeRun().left("hear", 0.5, 1.0) is None
