"""`macedance curate`: raw videos become clean clips of single dancers, with reasons."""

from __future__ import annotations

from macedance_cli.command import Shown, command
from macedance_cli.console import print_data, print_facts, print_json
from pipelines.curation.settings import CurateConfig

EPILOG = """Examples:

  macedance curate --src videos/ --overlap 0.5

  macedance curate --src videos/ --min-motion 0.03 --require-sound

  macedance curate --src videos/ --shard 3/64 --engine ray
"""


@command(CurateConfig, "curate", dry_run=True)
def curate(settings: CurateConfig, shown: Shown) -> None:
    """Cut raw videos into clean clips of single dancers, and say why the rest was dropped.

    Every video is watched once; scores are kept, so other thresholds need no
    other look. Clips, their table, all decisions and report.html go to WORKSPACE.
    The same command again goes on where it stopped. Exits with 5 if some videos
    could not be read, and says which and why.
    """
    from pipelines import curate as pipeline

    progress = shown.progress()
    if shown.dry_run:
        print_facts(pipeline.plan(settings, progress), shown.as_json)
        return
    result = pipeline.curate(settings, progress)
    if shown.as_json:
        print_json(result)
    else:
        for name in ("table", "report"):
            print_data(result[name])
    error = pipeline.failure(result)
    if error is not None:
        raise error
