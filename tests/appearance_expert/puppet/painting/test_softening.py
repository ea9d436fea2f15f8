"""Which frames of a dance a puppet cannot draw, and what is done about them."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.appearance_expert.puppet.painting import softening
from pipelines.appearance_expert.puppet.painting.softening import softened_until_drawable
from pipelines.appearance_expert.puppet.painting.tears import tears_of
from pipelines.appearance_expert.puppet.posing.rig import Rig
from pipelines.appearance_expert.puppet.posing.softened import reference_pose
from pipelines.keypoints.person import POINT


@pytest.fixture
def fallen(standing, hanging):
    """Two seconds, in the midst of which the legs are far beside the body."""
    dance = standing(hanging, 60)
    legs = [POINT[f"{side}_{n}"] for side in ("left", "right")
            for n in ("hip", "knee", "ankle", "foot")]  # fmt: skip
    xy, points = dance.xy.copy(), dance.points.copy()
    xy[24:36, legs] += [120.0, 0]
    points[..., :2] = xy / dance.pixels_per_metre
    return replace(dance, xy=xy, points=points)


def tied(cut, dance):
    return Rig(cut.figure, cut.layers, cut.capsules, dance)


def test_the_spans_are_those_that_tear_and_then_nothing_does(cut, hanging, fallen):
    rig = tied(cut, fallen)
    torn = [tears.failed for tears in tears_of(rig, cut.figure, fallen, [10, 30, 50])]
    assert not torn[0] and torn[1] and not torn[2]
    found = softened_until_drawable(
        cut.figure, fallen, rig, lambda dance: tied(cut, dance),
        reference_pose(hanging, fallen),
    )  # fmt: skip
    assert found is not None
    (span,) = found.spans
    assert 0.5 < span.start <= 0.8 and 1.15 <= span.end < 1.5
    assert span.parts == ("whole body",) and 0 <= span.share < 1 and span.reason == torn[1][0]
    assert "to" in span.words() and span.as_json()["start"] == round(span.start, 2)
    frames = range(0, 60, 3)
    assert not any(t.failed for t in tears_of(found.rig, cut.figure, found.dance, frames))
    assert found.dance.xy[:10].tobytes() == fallen.xy[:10].tobytes()


def test_a_dance_that_tears_too_often_is_left_to_others(cut, hanging, fallen):
    def refused(dance):
        raise AssertionError("nothing need be tied anew")

    rig, still = tied(cut, fallen), reference_pose(hanging, fallen)
    assert softened_until_drawable(cut.figure, fallen, rig, refused, still, 0.1) is None


def test_frames_are_looked_at_until_too_many_are_torn(cut, hanging, fallen, monkeypatch):
    looked = []

    def noted(rig, figure, dance, frames):
        for frame, tears in zip(frames, tears_of(rig, figure, dance, frames), strict=True):
            looked.append(frame)
            yield tears

    monkeypatch.setattr(softening, "tears_of", noted)
    rig, still = tied(cut, fallen), reference_pose(hanging, fallen)

    def refused(dance):
        raise AssertionError("nothing need be tied anew")

    assert softened_until_drawable(cut.figure, fallen, rig, refused, still, 0.1) is None
    assert 24 < looked[-1] < 36 and looked == list(range(0, looked[-1] + 1, 3))


def test_a_dance_without_tears_has_no_spans(cut, hanging, standing):
    dance = standing(hanging, 12)
    rig = tied(cut, dance)
    found = softened_until_drawable(
        cut.figure, dance, rig, lambda other: tied(cut, other), reference_pose(hanging, dance)
    )
    assert found is not None
    assert (found.spans, found.dance is dance, found.rig is rig) == ((), True, True)
    assert np.isfinite(found.dance.xy).all()
