"""One decode of a video, handed out in chunks that hold what each stage wants of it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.curation.shots import CONTEXT, HEIGHT, WIDTH
from pipelines.curation.stillness import FLOW_SIDE
from pipelines.media.video import Frame
from pipelines.media.wild_video import WildVideo, grid_frames

CHUNK = 200
"""Frames that one chunk judges."""

LOOK_SIDE = 640
"""Longer side of the frames in which people are searched, pixels."""

LOOKS_PER_SECOND, FLOWS_PER_SECOND = 3, 8

Anything = TypeVar("Anything")


@dataclass(frozen=True)
class Steps:
    """Every how many frames of the grid somebody is looked for, and flow is estimated."""

    look: int
    flow: int


@dataclass(frozen=True)
class Chunk:
    """Frames `start` to `stop` of the grid.

    Attributes:
        tiny: (25 + stop - start + 25, 27, 48, 3) for the shot detector.
        looks: frame number -> picture to search people in.
        greys: frame number -> small grey picture for flow; begins one step before `start`.
    """

    start: int
    stop: int
    tiny: NDArray[np.uint8]
    looks: dict[int, Frame]
    greys: dict[int, NDArray[np.uint8]]


def steps_for(fps: Fraction) -> Steps:
    """At least one frame, and never fewer steps than flow's context allows."""
    return Steps(max(1, round(fps / LOOKS_PER_SECOND)), max(1, round(fps / FLOWS_PER_SECOND)))


def chunks_of(video: WildVideo, first: int, threads: int = 1) -> Iterator[Chunk]:
    """Chunks from number `first` on.

    Memory does not depend on the video's length.

    Raises:
        UnsuitableInput: as `grid_frames`.
    """
    steps = steps_for(video.fps)
    begin = max(0, first * CHUNK - CONTEXT)
    collector = _Collector(steps, begin, first)
    with closing(_closable(grid_frames(video, video.fitted(LOOK_SIDE), begin, threads))) as frames:
        for frame in frames:
            yield from collector.take(frame)
    yield from collector.rest()


def ahead(items: Iterator[Anything]) -> Generator[Anything, None, None]:
    """The items, of which the next one is made in a thread while this one is worked on."""
    line = _Line()
    thread = threading.Thread(target=_produce, args=(items, line), daemon=True)
    thread.start()
    try:
        while True:
            kind, value = line.ready.get()
            if kind == "error":
                raise value
            if kind == "end":
                return
            yield value
    finally:
        line.stopped.set()
        thread.join()


class _Line:
    """Between the thread that makes items and the one that works on them: one item waits."""

    def __init__(self) -> None:
        self.ready: queue.Queue[tuple[str, Any]] = queue.Queue(maxsize=1)
        self.stopped = threading.Event()

    def put(self, kind: str, value: Any) -> None:
        while not self.stopped.is_set():
            with suppress(queue.Full):
                return self.ready.put((kind, value), timeout=0.1)


def _produce(items: Iterator[Any], line: _Line) -> None:
    try:
        with closing(_closable(items)) as source:
            for item in source:
                line.put("item", item)
                if line.stopped.is_set():
                    return
        line.put("end", None)
    except BaseException as error:
        line.put("error", error)


class _Collector:
    """Frames in, chunks out as soon as their context is complete."""

    def __init__(self, steps: Steps, begin: int, first: int) -> None:
        self._steps = steps
        self._begin = self._next = begin
        self._chunk = first
        self._tiny: list[NDArray[np.uint8]] = []
        self._looks: dict[int, Frame] = {}
        self._greys: dict[int, NDArray[np.uint8]] = {}

    def take(self, frame: Frame) -> Iterator[Chunk]:
        number = self._next
        self._next += 1
        self._tiny.append(cv2.resize(frame, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA))
        if number % self._steps.flow == 0:
            self._greys[number] = _grey(frame)
        if number % self._steps.look == 0 and number >= self._chunk * CHUNK:
            self._looks[number] = frame
        if self._next == (self._chunk + 1) * CHUNK + CONTEXT:
            yield self._complete((self._chunk + 1) * CHUNK)

    def rest(self) -> Iterator[Chunk]:
        while self._chunk * CHUNK < self._next:
            yield self._complete(min((self._chunk + 1) * CHUNK, self._next))

    def _complete(self, stop: int) -> Chunk:
        start = self._chunk * CHUNK
        wanted = np.clip(np.arange(start - CONTEXT, stop + CONTEXT), self._begin, self._next - 1)
        chunk = Chunk(
            start, stop,
            np.stack([self._tiny[number - self._begin] for number in wanted]),
            {number: self._looks.pop(number) for number in list(self._looks) if number < stop},
            {number: grey for number, grey in self._greys.items() if number < stop},
        )  # fmt: skip
        self._chunk += 1
        drop = max(0, stop - CONTEXT - self._begin)
        del self._tiny[:drop]
        self._begin += drop
        for number in [n for n in self._greys if n < stop - self._steps.flow]:
            del self._greys[number]
        return chunk


def _grey(frame: Frame) -> NDArray[np.uint8]:
    height, width = frame.shape[:2]
    scale = min(1.0, FLOW_SIDE / max(height, width))
    size = max(16, round(width * scale)), max(16, round(height * scale))
    small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _closable(items: Iterator[Anything]) -> Generator[Anything, None, None]:
    yield from items
