"""`macedance render`: 3D dances become videos, keypoints and files that other tools open."""

from __future__ import annotations

from typing import Any

from macedance_cli.command import Shown, command
from macedance_cli.console import print_data, print_facts, print_json, talk
from pipelines.rendering.settings import RenderConfig

_COLUMNS = ("flaw", "from", "to", "how bad", "where")

EPILOG = """Examples:

  macedance render dance.npz --music song.wav -o dance.mp4

  macedance render dance.npz --music song.wav -o dance.html

  macedance render dance.bvh -o dance.glb

  macedance render dance.npz --music song.wav --check

  macedance render --src finedance/ --windows --vary --workers 8
"""


@command(RenderConfig, "render", dry_run=True)
def render(settings: RenderConfig, shown: Shown) -> None:
    """Draw 3D dances: videos, exact keypoints, pose videos, and files for other tools.

    One DANCE goes to -o. Many, from --src, become clips in WORKSPACE/clips with
    one table of all; the same command again goes on where it stopped. Exits with
    5 if some dances could not be rendered, and says which and why.
    """
    from pipelines import render as pipeline

    progress = shown.progress()
    if shown.dry_run:
        print_facts(pipeline.plan(settings, progress), shown.as_json)
        return
    result = pipeline.render(settings, progress)
    if shown.as_json:
        print_json(result)
    elif "flaws" in result:
        tell_flaws(result)
    else:
        for path in result.get("output") or [result["table"]]:
            print_data(path)
    error = pipeline.failure(result)
    if error is not None:
        raise error


def tell_flaws(result: dict[str, Any]) -> None:
    """Print what is wrong with a dance as a table, or the file in which it was mended."""
    left = result.get("left", result["flaws"])
    rows = [_COLUMNS, *(
        (flaw["kind"], f"{flaw['start']:.2f}", f"{flaw['stop']:.2f}",
         f"{flaw['score']:g} {flaw['unit']}", flaw["where"]) for flaw in left
    )]  # fmt: skip
    width = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    lines = ["  ".join(cell.ljust(size) for cell, size in zip(row, width, strict=True)).rstrip()
             for row in rows]  # fmt: skip
    show = talk if "output" in result else print_data
    for line in lines if left else ["nothing is wrong"]:
        show(line)
    if "output" in result:
        talk(f"{len(result['flaws'])} flaws before, {len(left)} now")
        for start, stop in result["danced_anew"]:
            talk(f"danced anew: {start:.2f} to {stop:.2f} s")
    if result["redo"]:
        talk(f"to dance it anew: macedance generate SONG --edit DANCE {result['redo']}")
    for path in result.get("output", []):
        print_data(path)
