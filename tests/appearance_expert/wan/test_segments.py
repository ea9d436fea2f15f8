from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.appearance_expert.wan.segments import back_and_forth, plan_segments


@given(st.integers(1, 2000), st.sampled_from([(77, 1), (77, 5), (17, 1), (17, 5), (13, 5)]))
def test_every_frame_once_and_in_order(frames, shape):
    length, overlap = shape
    plan = plan_segments(frames, length, overlap)
    assert [f for s in plan for f in range(s.first, s.last)] == list(range(frames))
    for segment in plan:
        assert len(segment.controls) == length
        fresh = segment.controls[segment.skipped :]
        assert list(fresh[: segment.last - segment.first]) == list(
            range(segment.first, segment.last)
        )
    for before, after in pairwise(plan):
        assert before.controls[-overlap:] == after.controls[:overlap]


@pytest.mark.parametrize(
    ("frames", "overlap", "segments"),
    [(80, 1, 2), (77, 1, 1), (480, 1, 7), (480, 5, 7), (1, 1, 1), (78, 1, 2), (5, 5, 1)],
)
def test_counts_of_the_spec(frames, overlap, segments):
    assert len(plan_segments(frames, 77, overlap)) == segments


def test_reflection_does_not_repeat_the_ends():
    assert [back_and_forth(i, 3) for i in range(9)] == [0, 1, 2, 1, 0, 1, 2, 1, 0]
    assert [back_and_forth(i, 1) for i in range(4)] == [0, 0, 0, 0]
