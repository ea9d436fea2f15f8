"""The page of a study: one HTML file that opens from disk, on a phone too, and asks for nothing.

What is seen lies in the page, or, where that would be more than a browser likes to open, in a
folder beside it that has to go with it.
"""

from __future__ import annotations

import base64
import html
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.evaluation.study.design import Design
from pipelines.media.portable import SOUND_TYPE, VIDEO_TYPE
from pipelines.page.writing import CREDIT, base64_of, in_script, viewer
from pipelines.support.files import write_text

FORMAT = "macedance user study 1"
"""Of answer files; another number would be another form."""
PAGE_FILE, CLIPS_FOLDER = "study.html", "study-clips"
MOST_INSIDE = 60_000_000
"""Bytes of clips, as text, that a page holds itself."""
GRADES = ("Terrible", "Bad", "Fair", "Good", "Great")
CRITERIA = {
    "quality": ("Quality", "Does the body move as a good dancer's would?"),
    "synchrony": ("Synchrony", "Does the dance fit the music, its beat and its style?"),
    "creativity": ("Creativity", "Is the dance original and rich?"),
}
"""What is rated, from 1 to 5, as MEGADance's study asked it (its appendix A.3)."""

_HERE = Path(__file__).parent
_TYPES = {".mp4": VIDEO_TYPE, ".m4a": SOUND_TYPE, ".glb": "model/gltf-binary"}
_INSIDE = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
_POLICY = _INSIDE + "img-src data: blob:; media-src data: blob:; connect-src data: blob:"
_POLICY_BESIDE = (
    "default-src 'none'; script-src 'unsafe-inline' 'self' file:; style-src 'unsafe-inline'; "
    "img-src data: blob:; media-src data: blob: 'self' file:; connect-src data: blob:"
)


def write_study(
    folder: Path,
    parts: Path,
    study: str,
    design: Design,
    clips: Mapping[str, Any],
    criteria: list[str],
) -> tuple[list[str], int]:
    """Write `study.html` into a folder, and where it is too much for one file the clips beside it.

    Args:
        parts: folder of the clips' files; they are moved, not copied, where they lie beside.
        study: the name that answers will carry. clips: what the page has to know of each.

    Returns:
        The files that were written, below `folder`, and their bytes.
    """
    files = sorted(path for path in parts.iterdir() if path.is_file())
    inside = sum(path.stat().st_size for path in files) * 4 / 3 <= MOST_INSIDE
    shutil.rmtree(folder / CLIPS_FOLDER, ignore_errors=True)
    written = [PAGE_FILE]
    if not inside:
        written += _beside(files, folder / CLIPS_FOLDER)
    contents = {
        "format": FORMAT, "study": study, "beside": None if inside else CLIPS_FOLDER,
        "criteria": [{"key": key, "title": CRITERIA[key][0], "question": CRITERIA[key][1]}
                     for key in criteria],
        "grades": GRADES, "clips": {name: clips[name] for name in sorted(clips)},
        "groups": _groups(design), "trials": design.trials,
    }  # fmt: skip
    dances = any(path.suffix == ".glb" for path in files)
    text = (_HERE / "study.html").read_text(encoding="utf-8")
    for key, value in {
        "POLICY": _POLICY if inside else _POLICY_BESIDE,
        "CREDIT": html.escape(CREDIT) if dances else "",
        "PARTS": "\n".join(map(_part, files)) if inside else "",
        "DATA": in_script(contents),
        "VIEWER": viewer() if dances else "",
        "STUDY": (_HERE / "study.js").read_text(encoding="utf-8"),
    }.items():
        text = text.replace(f"@{key}@", value)
    write_text(folder / PAGE_FILE, text)
    return written, sum((folder / name).stat().st_size for name in written)


def _groups(design: Design) -> list[dict[str, Any]]:
    """Without their names, which would tell who is compared; in an order that tells nothing."""
    groups = []
    for group, draw in design.draws.items():
        pairs = [
            {"id": name, "clips": [pair.one, pair.other]}
            for name, pair in sorted(design.pairs.items())
            if pair.group == group
        ]
        groups.append({"draw": draw, "pairs": pairs})
    return sorted(groups, key=lambda group: group["pairs"][0]["id"])


def _part(path: Path) -> str:
    data = base64.b64encode(path.read_bytes()).decode()
    return f'<script type="text/plain" id="{path.name}" data-type="{_type(path)}">{data}</script>'


def _beside(files: list[Path], folder: Path) -> list[str]:
    """Move clips beside the page; a page on disk may load scripts and media, and nothing else."""
    folder.mkdir()
    names = []
    for path in files:
        if path.suffix == ".glb":
            target = folder / f"{path.stem}.js"
            write_text(
                target, f'window.MACEDANCE_PART("{path.name}", "{base64_of(path.read_bytes())}");\n'
            )
        else:
            target = folder / path.name
            path.replace(target)
        names.append(f"{folder.name}/{target.name}")
    return names


def _type(path: Path) -> str:
    return _TYPES[path.suffix]
