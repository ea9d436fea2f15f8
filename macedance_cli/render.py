"""`macedance render`: 3D dances become videos, keypoints and files that other tools open."""

from __future__ import annotations

from macedance_cli.command import Shown, command
from macedance_cli.console import print_data, print_facts, print_json
from pipelines.rendering.settings import RenderConfig

EPILOG = """Examples:

  macedance render dance.npz --music song.wav -o dance.mp4

  macedance render dance.npz --music song.wav -o dance.html

  macedance render dance.bvh -o dance.glb

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
    else:
        for path in result.get("output") or [result["table"]]:
            print_data(path)
    error = pipeline.failure(result)
    if error is not None:
        raise error
