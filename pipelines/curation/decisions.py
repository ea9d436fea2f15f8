"""What was decided over every window, and why: a file per video, and one table of all.

Decisions outlive runs: a clip that an earlier one kept and this one does not leaves the table.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.curation.clip import ShotJob, update_clip
from pipelines.curation.selection import Candidate
from pipelines.curation.settings import CurateConfig
from pipelines.curation.watching import Watched
from pipelines.support.files import read_json, write_json, write_text
from pipelines.support.progress import SILENT
from pipelines.workspace.identity import content_id
from pipelines.workspace.layout import Workspace
from pipelines.workspace.stages import alone_in


def decide(
    config: CurateConfig, watched: Watched, candidates: Sequence[Candidate], split: str
) -> None:
    """Write a video's decision; clips of earlier runs that it does not keep leave the table."""
    workspace = Workspace(config.workspace)
    folder = workspace.curation(content_id(watched.sha256))
    file = folder / "decision.json"
    with alone_in(folder, SILENT):
        earlier = set(read_decision(file).get("all_clips", []))
        kept = {one.clip for one in candidates if one.kept}
        dropped = {one.clip: one for one in candidates if not one.kept}
        write_json(
            file,
            {
                "file": str(watched.source.path),
                "sha256": watched.sha256,
                "split": split,
                "genre": watched.source.genre,
                "thresholds": config.thresholds(),
                "finder": watched.facts["finder"],
                "clips": [_row(one, float(watched.fps)) for one in candidates],
                "all_clips": sorted(earlier | kept),
            },
        )
        for clip in sorted(earlier - kept):
            one = dropped.get(clip)
            why = one.reasons if one else ["not among the windows of the last run"]
            update_clip(workspace.clip(clip), {"kept": False, "reasons": why})


def note_captures(shot: ShotJob) -> None:
    """Write anew what was decided of a shot's clips, now that their captures are graded."""
    config, watched = shot.config, shot.watched
    workspace = Workspace(config.workspace)
    folder = workspace.curation(content_id(watched.sha256))
    rows = {one.clip: _row(one, float(watched.fps)) for one in shot.clips}
    with alone_in(folder, SILENT):
        decision = read_decision(folder / "decision.json")
        decision["clips"] = [rows.get(row["id"], row) for row in decision.get("clips", [])]
        write_json(folder / "decision.json", decision)


def _row(one: Candidate, fps: float) -> dict[str, Any]:
    return {
        "id": one.clip,
        "start": round(one.start / fps, 6),
        "seconds": round((one.stop - one.start) / fps, 6),
        "kept": one.kept,
        "reasons": one.reasons,
        "scores": one.scores,
        "named": one.named,
        "repeats": one.repeats,
        "shot": one.shot,
        **({"genre": one.genre} if one.genre else {}),
    }


def read_decision(file: Path) -> dict[str, Any]:
    """What `decide` wrote; nothing where it is missing or damaged."""
    try:
        return dict(read_json(file))
    except (OSError, ValueError, TypeError):
        return {}


def write_decisions(workspace: Workspace) -> Path:
    """curation/decisions.jsonl: a row for each window and short shot of all videos ever decided."""
    root = workspace.root / "curation"
    target = root / "decisions.jsonl"
    with alone_in(root, SILENT):
        rows = []
        for file in sorted(root.glob("*/decision.json")):
            decision = read_decision(file)
            shared = {key: decision.get(key) for key in ("file", "split", "genre")}
            rows += [shared | row for row in decision.get("clips", [])]
        write_text(target, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return target
