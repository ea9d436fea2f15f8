"""One decode in chunks: whole, in order, and the same from wherever a run goes on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest

from pipelines.curation.chunks import CHUNK, ahead, chunks_of, steps_for
from pipelines.curation.shots import CONTEXT
from pipelines.curation.stillness import FLOW_SIDE
from pipelines.media.video_writer import VideoWriter
from pipelines.media.wild_video import WildVideo, examine_video


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> WildVideo:
    """450 frames at 25 a second, each another grey."""
    path = tmp_path_factory.mktemp("grey") / "grey.mp4"
    with VideoWriter(path, 64, 64, Fraction(25), preset="ultrafast") as writer:
        for number in range(450):
            writer.write(np.full((64, 64, 3), number // 2 + 16, np.uint8))
    return examine_video(path)


def test_chunks_hold_what_each_stage_wants(video: WildVideo) -> None:
    chunks = list(chunks_of(video, 0))
    assert [(c.start, c.stop) for c in chunks] == [(0, 200), (200, 400), (400, 450)]
    steps = steps_for(video.fps)
    assert (steps.look, steps.flow) == (8, 3)
    shown = np.clip(np.arange(-CONTEXT, CHUNK + CONTEXT), 0, 449) // 2 + 16
    assert np.abs(chunks[0].tiny[:, 0, 0, 0].astype(int) - shown).max() <= 2
    looks = [frame for chunk in chunks for frame in chunk.looks]
    assert looks == list(range(0, 450, 8))
    for chunk in chunks:
        pairs = [f for f in chunk.greys if f >= chunk.start]
        assert pairs == [f for f in range(0, 450, 3) if chunk.start <= f < chunk.stop]
        assert all(f - 3 in chunk.greys for f in pairs if f > 0)


@pytest.mark.parametrize("first", [1, 2])
def test_a_later_run_goes_on_with_the_same_chunks(video: WildVideo, first: int) -> None:
    whole, rest = list(chunks_of(video, 0))[first:], list(chunks_of(video, first))
    assert len(rest) == len(whole)
    for one, other in zip(whole, rest, strict=True):
        assert np.array_equal(one.tiny, other.tiny)
        assert sorted(one.looks) == sorted(other.looks)
        assert all(np.array_equal(one.looks[f], other.looks[f]) for f in one.looks)
        begin = one.start - steps_for(video.fps).flow
        wanted = [f for f in one.greys if f >= begin]
        assert all(np.array_equal(one.greys[f], other.greys[f]) for f in wanted)
    assert list(chunks_of(video, 3)) == []


def test_ahead_keeps_order_passes_errors_on_and_stops() -> None:
    made = []

    def items() -> Iterator[int]:
        for number in range(50):
            made.append(number)
            yield number
        raise ValueError("the end")

    seen = []
    with pytest.raises(ValueError, match="the end"):
        for item in ahead(items()):
            seen.append(item)
    assert seen == list(range(50))
    made.clear()
    line = ahead(items())
    assert next(line) == 0
    time.sleep(0.2)
    line.close()
    assert len(made) <= 4


@pytest.mark.parametrize(
    ("fps", "look", "flow"),
    [(Fraction(30), 10, 4), (Fraction(30000, 1001), 10, 4), (Fraction(24), 8, 3),
     (Fraction(60), 20, 8), (Fraction(5), 2, 1), (Fraction(1, 2), 1, 1)],
)  # fmt: skip
def test_steps_keep_their_rate_and_are_never_none(fps, look, flow) -> None:
    steps = steps_for(fps)
    assert (steps.look, steps.flow) == (look, flow)


def test_people_are_searched_in_the_frame_itself_and_flow_in_a_small_grey_one(video) -> None:
    (chunk, *_) = chunks_of(video, 0)
    assert {frame.shape for frame in chunk.looks.values()} == {(64, 64, 3)}
    for number, frame in chunk.looks.items():
        assert abs(int(frame[32, 32, 1]) - (number // 2 + 16)) <= 2
    for number, grey in chunk.greys.items():
        assert grey.ndim == 2 and max(grey.shape) <= FLOW_SIDE
        assert abs(int(grey[8, 8]) - (number // 2 + 16)) <= 2


def test_ahead_ends_with_its_items() -> None:
    assert list(ahead(iter(()))) == []
    assert list(ahead(iter("abc"))) == ["a", "b", "c"]


def test_ahead_closes_what_it_reads_from_when_it_is_left() -> None:
    closed = []

    def items() -> Iterator[int]:
        try:
            yield from range(1000)
        finally:
            closed.append(True)

    line = ahead(items())
    assert [next(line), next(line)] == [0, 1]
    line.close()
    assert closed == [True]
