"""The dance of a video as the dance to hand to `generate`: captured once, kept by its content."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipelines.generation.settings import GenerateConfig
from pipelines.support.errors import MacedanceError
from pipelines.support.files import sha256_file
from pipelines.support.parallel import each
from pipelines.support.progress import SILENT, Progress
from pipelines.workspace.identity import content_id
from pipelines.workspace.layout import Workspace
from pipelines.workspace.stages import alone_in, finish_stage, finished_stage

if TYPE_CHECKING:
    from pipelines.capture.fit import Captured
    from pipelines.motion.motion import Motion

_ROOM, _FILE, _RECORD = "captures", "motion.npz", "capture.json"
_VERSION = 3
_POOR = 0.3
"""A grade below which a dance is a sketch."""


def captured_before(config: GenerateConfig) -> GenerateConfig | None:
    """The request with the dance of --motion-from as a file; None where it is to be captured."""
    folder = _folder(config)
    if finished_stage(folder / _RECORD, SILENT) is None:
        return None
    return replace(config, motion=folder / _FILE, motion_from=None)


def with_captured(config: GenerateConfig, progress: Progress) -> GenerateConfig:
    """The request with the dance of --motion-from as a file, captured now if need be.

    Raises:
        UnsuitableInput: no video, or none of one dancer; the message says why.
        WorkerDied: the pose finder crashed.
    """
    if config.motion_from is None:
        return config
    folder = _folder(config)
    with alone_in(folder, progress):
        facts = finished_stage(folder / _RECORD, progress)
        if facts is None:
            with progress.stage("capturing the dance"):
                facts = _capture(config.motion_from, folder)
    for remark in facts["remarks"]:
        progress.warn(f"{config.motion_from}: {remark}")
    if facts["grade"] < _POOR:
        progress.warn(
            f"{config.motion_from}: the capture's grade is {facts['grade']:g} of 1: a sketch"
        )
    return replace(config, motion=folder / _FILE, motion_from=None)


def captured_dance(video: Path) -> Captured:
    """The whole way from a video to a dance; at the top of a module, for a process of its own."""
    from pipelines.capture.finding import find_landmarks
    from pipelines.capture.fit import fit

    return fit(find_landmarks(video))


def from_the_videos_start(motion: Motion, start: float) -> Motion:
    """The dance at the video's own times: who is not seen yet stands in the first pose."""
    before = round(start * motion.fps)
    poses = np.concatenate([np.repeat(motion.poses[:1], before, axis=0), motion.poses])
    trans = np.concatenate([np.repeat(motion.trans[:1], before, axis=0), motion.trans])
    return replace(motion, poses=poses, trans=trans)


def _folder(config: GenerateConfig) -> Path:
    assert config.motion_from is not None
    who = content_id(sha256_file(config.motion_from), capture=_VERSION)
    return Workspace(config.workspace).cache(_ROOM) / who


def _capture(video: Path, folder: Path) -> dict[str, Any]:
    from pipelines.motion.npz import save_npz

    # The finder is C++ that may crash: in a process of its own it takes nothing along.
    with closing(each(captured_dance, [video], 1, apart=True)) as results:
        _, found = next(results)
    if isinstance(found, MacedanceError) and str(video) not in found.what:
        raise type(found)(f"{video}: {found.what}", found.hint) from found
    if isinstance(found, Exception):
        raise found
    save_npz(from_the_videos_start(found.motion, found.start), folder / _FILE)
    facts = {"grade": found.grade, "remarks": list(found.remarks), "start": found.start}
    finish_stage(folder / _RECORD, facts, [_FILE])
    return facts
