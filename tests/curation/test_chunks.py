"""One decode in chunks: whole, in order, and the same from wherever a run goes on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest

from pipelines.curation.chunks import CHUNK, ahead, chunks_of, steps_for
from pipelines.curation.shots import CONTEXT
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
