"""Clips on disk: a folder each, with clip.json as proof that it is whole, and one table of all.

    clips/<id>/clip.json      what it shows, where it comes from, the SHA-256 of its files
    clips/metadata.jsonl      one row per kept clip, always made from all clip.json

Whoever makes clips writes their files first and `finish_clip` last, so a folder without a
clip.json, or with files that differ from it, is no clip yet. The table holds nothing of its own:
any process may write it anew at any time.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipelines.support.files import read_json, write_text
from pipelines.support.progress import Progress
from pipelines.workspace.layout import Workspace
from pipelines.workspace.stages import alone_in, finish_stage, finished_stage

CLIP_RECORD, VIDEO, POSE_VIDEO, KEYPOINTS = "clip.json", "video.mp4", "pose.mp4", "keypoints.npz"
CAPTURE_RECORD, MOTION, SOUND, OVERLAY = "capture.json", "motion.npz", "music.wav", "capture.jpg"
_FLAT = ("id", "maker", "seconds", "fps", "width", "height", "frames", "genre", "has_sound")


def finish_clip(folder: Path, facts: dict[str, Any], files: list[str]) -> None:
    """Declare a clip finished.

    Args:
        folder: the clip's, with all its files in it.
        facts: JSON-able. Those that the table repeats: id; maker ("render" or "curate"); source
            with file and start; seconds, fps, width, height, frames; genre or None; has_sound;
            kept, False where the clip was made but turned down; split, "train" or "test", if any;
            scores, a dictionary.
        files: names of the clip's files in the folder.
    """
    finish_stage(folder / CLIP_RECORD, facts, files)


def finished_clip(folder: Path, progress: Progress) -> dict[str, Any] | None:
    """The facts of a clip whose files are all there and unchanged; None where it is to be made."""
    return finished_stage(folder / CLIP_RECORD, progress)


def write_clip_table(workspace: Workspace, progress: Progress) -> int:
    """Write clips/metadata.jsonl from every finished clip that is kept; returns how many.

    Rows are in the order of ids. `file_name` is what Hugging Face's "videofolder" looks for.
    """
    table = workspace.clip_table
    if not table.parent.is_dir():
        return 0
    with alone_in(table.parent, progress):
        rows = [row for folder in sorted(table.parent.iterdir()) if (row := _row(folder))]
        write_text(table, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return len(rows)


def _row(folder: Path) -> dict[str, Any] | None:
    try:
        facts = read_json(folder / CLIP_RECORD)
        if not facts.get("kept", True):
            return None
        row: dict[str, Any] = {"file_name": f"{folder.name}/{VIDEO}"}
        row |= {name: facts.get(name) for name in _FLAT}
        row |= {"source": facts["source"]["file"], "start": facts["source"]["start"]}
        if "split" in facts:
            row["split"] = facts["split"]
        for name, file in (("pose", POSE_VIDEO), ("keypoints", KEYPOINTS)):
            row[name] = f"{folder.name}/{file}" if file in facts["files"] else None
        if "capture" in facts and MOTION in facts["files"]:
            row["motion"] = f"{folder.name}/{MOTION}"
        return row | {f"score_{name}": value for name, value in facts.get("scores", {}).items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
