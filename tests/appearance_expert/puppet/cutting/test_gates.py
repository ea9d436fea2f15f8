"""Whether a picture was cut up well enough."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.appearance_expert.puppet.cutting.gates import (
    LEAST_LIMB_SHARE,
    LEAST_ON_PERSON,
    LEAST_OUTLINE_IOU,
    MOST_FILLED,
    _judge,
    measure_gates,
)
from pipelines.appearance_expert.puppet.cutting.parts import bones_of

share = st.floats(0, 1)


@given(share, share, share, share)
def test_each_gate_trips_at_its_own_threshold(iou, on_person, limb_share, filled):
    gates = _judge(iou, on_person, limb_share, filled)
    expected = (
        (iou < LEAST_OUTLINE_IOU)
        + (on_person < LEAST_ON_PERSON)
        + (limb_share < LEAST_LIMB_SHARE)
        + (filled > MOST_FILLED)
    )
    assert len(gates.failed) == expected


def test_on_the_threshold_the_puppet_dances():
    at = _judge(LEAST_OUTLINE_IOU, LEAST_ON_PERSON, LEAST_LIMB_SHARE, MOST_FILLED)
    assert at.failed == ()
    assert at.as_json() == {
        "outline_iou": 0.5, "on_person": 0.7, "limb_share": 0.4, "filled": 0.35, "failed": [],
    }  # fmt: skip
    below = _judge(LEAST_OUTLINE_IOU - 0.01, 1, 1, 0)
    assert "0.49" in below.failed[0]


def test_a_person_as_drawn_passes(cut):
    gates = measure_gates(cut.figure, cut.labels, bones_of(cut.figure), cut.layers)
    assert gates.failed == ()
    assert gates.outline_iou > 0.7 and gates.on_person == pytest.approx(1, abs=0.02)
    assert gates.limb_share > 0.85
    assert gates.filled == max(layer.filled for layer in cut.layers.values())


def test_bones_beside_the_person_fail(cut):
    aside = np.array([90.0, 0])
    bones = [replace(c, start=c.start + aside, end=c.end + aside) for c in bones_of(cut.figure)]
    gates = measure_gates(cut.figure, cut.labels, bones, cut.layers)
    assert gates.on_person < 0.4 and gates.outline_iou < 0.5
    assert any("limbs are on them" in text for text in gates.failed)


def test_a_limb_that_got_none_of_its_pixels_fails(cut):
    arm = cut.figure.limbs[0]
    labels = np.where(cut.labels == arm, 0, cut.labels).astype(np.uint8)
    gates = measure_gates(cut.figure, labels, bones_of(cut.figure), cut.layers)
    assert gates.limb_share == 0
    assert any("0%" in text for text in gates.failed)


def test_what_is_hidden_counts_by_its_worst_layer(cut):
    arm = cut.figure.limbs[0]
    layers = cut.layers | {arm: replace(cut.layers[arm], filled=0.5)}
    gates = measure_gates(cut.figure, cut.labels, bones_of(cut.figure), layers)
    assert gates.filled == 0.5 and "50%" in gates.failed[0]
