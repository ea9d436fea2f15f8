"""What is wrong with a dance is marked where it is, in words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipelines.page.checks import with_checks
from pipelines.page.writing import Page, PageDance


def test_a_spike_is_marked_where_it_is(dance, stick):
    whole = dance(0, 120, size=0.3)
    poses = whole.poses.copy()
    poses[60, [16, 18]] += 1.5
    broken = replace(whole, poses=poses)
    page = with_checks(Page([PageDance("d", broken, stick), PageDance("e", whole, stick)]))
    spikes = [check for check in page.dances[0].checks if check.kind == "spike"]
    assert any(check.start <= 2.0 <= check.end + 0.05 for check in spikes)
    assert "deviations, left arm" in spikes[0].note and spikes[0].score > 6
    assert [check for check in page.dances[1].checks if check.kind == "spike"] == []


def test_dances_are_held_to_the_beat_only_where_there_are_beats(dance, stick):
    page = Page([PageDance("d", dance(0, 300), stick)])
    without = with_checks(page).dances[0].checks
    assert all(check.kind != "off-beat" for check in without)
    heard = with_checks(replace(page, beats=np.arange(0, 10, 0.5).tolist()))
    assert {check.kind for check in heard.dances[0].checks} >= {check.kind for check in without}


@pytest.mark.parametrize("frames", [2, 7])
def test_a_dance_of_no_length_has_none(dance, stick, frames):
    (only,) = with_checks(Page([PageDance("d", dance(0, frames), stick)])).dances
    assert only.checks == ()
