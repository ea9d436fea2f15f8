"""The clips that there are to learn from: of `curate` and `render`, or rows of DiffSynth's CSV."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.media.video import probe_video
from pipelines.support.errors import BadUsage, MacedanceError, UnsuitableInput
from pipelines.support.files import read_json, sha256_file, sha256_json
from pipelines.support.progress import Progress
from pipelines.workspace.clips import CLIP_RECORD, KEYPOINTS, VIDEO

CAPTION = "caption.txt"
"""A clip's own prompt, if its folder holds one."""

_COLUMNS = ("video", "animate_pose_video", "animate_face_video")


@dataclass(frozen=True)
class DataSource:
    """A workspace, a folder of clips or a CSV, and how much of the training it shall be.

    Attributes:
        weight: share of the draws against the other sources; None follows the number of segments.
    """

    path: Path
    weight: float | None = None

    @classmethod
    def parse(cls, text: str) -> DataSource:
        """Read "workspace/" or "workspace/:2.5". Raises BadUsage for a weight of 0 or less."""
        match = re.fullmatch(r"(.+):(\d+(?:\.\d*)?)", text)
        if match is None or Path(text).exists():
            return cls(Path(text))
        if float(match[2]) <= 0:
            raise BadUsage(f"--data {text}: the weight must be more than 0", "or leave it out")
        return cls(Path(match[1]), float(match[2]))


@dataclass(frozen=True)
class TrainingClip:
    """One clip before it is encoded.

    Attributes:
        name: for people. digest: of the contents of all its files.
        source: number of its DataSource.
        group: clips of the same source video or dance, which are never torn apart.
        held_out: whether it is for validation; None where the data do not say.
        prompt: what the clip shows; "" takes the run's own prompt.
        keypoints: of the dancer; poses are drawn from them, and found anew if they are sparse.
        pose, face, reference: videos and a picture that the data bring along instead.
    """

    name: str
    video: Path
    digest: str
    source: int
    group: str = ""
    held_out: bool | None = None
    prompt: str = ""
    keypoints: Path | None = None
    pose: Path | None = None
    face: Path | None = None
    reference: Path | None = None


def gather_clips(
    sources: list[DataSource], progress: Progress
) -> tuple[list[TrainingClip], list[str]]:
    """Every clip of the sources that can be read, and a line for each that cannot.

    Raises:
        UnsuitableInput: a source is neither a folder of clips nor a CSV.
    """
    clips: list[TrainingClip] = []
    skipped: list[str] = []
    seen: set[str] = set()
    for number, source in enumerate(sources):
        found = 0
        for name, make in _listed(source.path, number):
            found += 1
            try:
                clip = make()
            except (MacedanceError, OSError, ValueError, KeyError, TypeError) as error:
                skipped.append(f"{name}: {_reason(error)}")
                continue
            if clip is None or clip.digest in seen:
                continue
            seen.add(clip.digest)
            clips.append(clip)
        if not found:
            raise UnsuitableInput(
                f"--data {source.path}: no clips in it",
                "`macedance render --src` or `macedance curate` make them",
            )
    for line in skipped:
        progress.warn(f"skipped {line}")
    return clips, skipped


def _listed(path: Path, source: int) -> Iterator[tuple[str, Any]]:
    """Name and maker of each clip of a source."""
    if path.is_file():
        yield from _csv_rows(path, source)
        return
    folder = path / "clips" if (path / "clips").is_dir() else path
    if not folder.is_dir():
        raise UnsuitableInput(
            f"--data {path}: there is no such folder or file", "give a workspace, or a CSV"
        )
    for record in sorted(folder.glob(f"*/{CLIP_RECORD}")):
        yield record.parent.name, lambda record=record: _clip(record, source)


def _clip(record: Path, source: int) -> TrainingClip | None:
    """A clip of `render` or `curate`; None for one that was turned down."""
    facts = read_json(record)
    if not facts.get("kept", True):
        return None
    folder = record.parent
    video, keypoints = folder / VIDEO, folder / KEYPOINTS
    for file in (video, keypoints):
        if not file.is_file():
            raise UnsuitableInput(f"{file.name} is missing")
    caption = folder / CAPTION
    return TrainingClip(
        name=folder.name,
        video=video,
        digest=sha256_json([sha256_file(video), sha256_file(keypoints)]),
        source=source,
        group=facts["source"]["sha256"],
        held_out=facts["split"] == "test" if "split" in facts else None,
        prompt=caption.read_text(encoding="utf-8").strip() if caption.is_file() else "",
        keypoints=keypoints,
    )


def _csv_rows(path: Path, source: int) -> Iterator[tuple[str, Any]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            rows, columns = list(reader), reader.fieldnames or []
    except (OSError, ValueError, csv.Error) as error:
        raise UnsuitableInput(f"--data {path}: not a CSV of clips ({error})") from error
    missing = [name for name in _COLUMNS if name not in columns]
    if missing:
        raise UnsuitableInput(
            f"--data {path}: no column {missing[0]}", f"its columns must be {', '.join(_COLUMNS)}"
        )
    for number, row in enumerate(rows, 2):
        yield f"{path.name} line {number}", lambda row=row: _csv_clip(path.parent, row, source)


def _csv_clip(folder: Path, row: dict[str, str | None], source: int) -> TrainingClip:
    files = {
        name: folder / str(row[name])
        for name in (*_COLUMNS, "input_image")
        if (row.get(name) or "").strip()
    }
    for name in _COLUMNS:
        if name not in files:
            raise UnsuitableInput(f"no {name}")
    for name, file in files.items():
        if not file.is_file():
            raise UnsuitableInput(f"{name} {file} is not there")
    return TrainingClip(
        name=files["video"].stem,
        video=files["video"],
        digest=sha256_json([sha256_file(file) for _, file in sorted(files.items())]),
        source=source,
        group=sha256_file(files["video"]),
        held_out=row["split"] == "test" if row.get("split") else None,
        prompt=(row.get("prompt") or "").strip(),
        pose=files["animate_pose_video"],
        face=files["animate_face_video"],
        reference=files.get("input_image"),
    )


def _reason(error: Exception) -> str:
    return str(getattr(error, "what", error) or type(error).__name__)


def is_held_out(clip: TrainingClip, share: float) -> bool:
    """Whether a clip is for validation: as its data say, else by chance with its whole group."""
    if clip.held_out is not None:
        return clip.held_out
    return int(sha256_json(clip.group)[:8], 16) < share * 16**8


def count_frames(video: Path, fps: float) -> int:
    """Frames of a video at the model's rate."""
    info = probe_video(video)
    return int(info.frames * fps / float(info.fps) + 1e-6)
