"""Who counts as a performer; one dancer told from two and from none by the embedded detector."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipelines.curation.performers import filled, performers, whole_body
from pipelines.keypoints.finders import EmbeddedFinder
from pipelines.keypoints.people import Person
from pipelines.keypoints.vitpose import VitPoseFinder
from pipelines.support.errors import MissingAsset


def person(size: float, confidence: float = 0.9, seen: int = 17) -> Person:
    points = np.zeros((17, 3))
    points[:seen, 2] = 0.9
    return Person(np.array([0.0, 0.0, size, 2 * size]), confidence, points)


def test_who_counts() -> None:
    main = person(100)
    assert [p.area for p in performers([main, person(40)])] == [20000, 3200]
    assert performers([main, person(31)]) == [main]
    assert performers([main, person(90, confidence=0.4)]) == [main]
    assert performers([main, person(90, seen=7)]) == [main]
    assert performers([]) == []


def test_a_body_is_whole_with_head_and_feet() -> None:
    points = np.full((3, 17, 3), 0.9)
    points[1, 15, 2] = 0.2
    points[2, 0, 2] = 0.2
    assert whole_body(points).tolist() == [True, False, False]


def test_the_embedded_detector_counts_dancers(scene) -> None:
    with EmbeddedFinder() as finder:
        none = finder.find(scene([]))
        one = performers(finder.find(scene([(150, 0)])))
        two = performers(finder.find(scene([(30, 0), (275, 0)])))
    assert (len(none), len(one), len(two)) == (0, 1, 2)
    # The dancer of 480x320 stands at x 150 + 90, from the hair at 42 to the shoes at 300.
    assert one[0].box == pytest.approx([168, 42, 314, 300], abs=14)
    assert bool(whole_body(one[0].points))
    lefts = sorted(p.box[0] for p in two)
    assert lefts == pytest.approx([48, 293], abs=14)


def test_vitpose_comes_through_the_same_interface(
    tiny_pose_models: tuple[Path, Path], scene
) -> None:
    detector, pose = map(str, tiny_pose_models)
    frame = scene([(150, 0)])
    with VitPoseFinder(detector, pose) as finder:
        people = finder.find(frame)
    assert len(people) == 5
    areas = [one.area for one in people]
    assert areas == sorted(areas, reverse=True) and areas[-1] > 0
    for one in people:
        assert one.points.shape == (17, 3)
        assert one.confidence > 0.9
        assert (one.box >= 0).all() and (one.box <= [480, 320, 480, 320]).all()


def test_models_that_are_not_there_are_named(tmp_path: Path) -> None:
    missing = VitPoseFinder(str(tmp_path), str(tmp_path))
    with pytest.raises(MissingAsset, match="--person-detector") as caught:
        missing.__enter__()
    assert "config.json" in caught.value.hint


@pytest.mark.parametrize(
    ("seen", "full"),
    [
        ([2, 1, 2], [2, 2, 2]),
        ([3, 1, 0, 2, 1], [3, 2, 2, 2, 1]),
        ([2, 1, 1, 1, 2], [2, 1, 1, 1, 2]),
        ([1, 0, 1, 2, 3], [1, 0, 1, 2, 3]),
        ([], []),
    ],
)
def test_two_seen_before_and_after_a_short_gap_were_there_in_it(seen, full) -> None:
    counts = np.array(seen, np.int16)
    np.testing.assert_array_equal(filled(counts), full)
    np.testing.assert_array_equal(counts, seen)
