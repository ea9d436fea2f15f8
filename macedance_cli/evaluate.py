"""`macedance evaluate`: how good dances and dance videos are, by published and by strict rules."""

from __future__ import annotations

from typing import Any

from macedance_cli.command import Shown, command
from macedance_cli.console import print_data, print_facts, print_json, talk
from pipelines.evaluation.settings import EvaluateConfig
from pipelines.support.errors import SomeItemsFailed

EPILOG = """Examples:

  macedance evaluate --protocol motion-3d --pred dances/ --truth finedance/ --split test

  macedance evaluate --protocol motion-appearance --pred videos/ --truth real/

  macedance evaluate --protocol animation --pred videos/ --truth real/ --video-frames 80

  macedance evaluate --protocol motion-3d --compare ours=a/ theirs=b/ --truth finedance/

  macedance evaluate --protocol user-study --compare ours=a/ theirs=b/ truth=c/

  macedance evaluate --protocol user-study --ratings answers/*.json --latex table.tex
"""


@command(EvaluateConfig, "evaluate", dry_run=True)
def evaluate(settings: EvaluateConfig, shown: Shown) -> None:
    """Measure dances or dance videos, with what it takes to judge the numbers.

    Every number comes with its interval, the recordings' own row, a floor for
    distances and the chance level of the beat score. metrics.json and
    report.html lie in the workspace; the same command again finds them there.

    A user study has people judge: --compare makes its page, and --ratings reads
    the answers that came back.
    """
    from pipelines import evaluate as pipeline

    progress = shown.progress()
    if shown.dry_run:
        print_facts(pipeline.plan(settings, progress), shown.as_json)
        return
    result = pipeline.evaluate(settings, progress)
    if shown.as_json:
        print_json(result)
    elif "page" in result:
        print_data(result["page"])
    else:
        print_tables(result)
        talk(f"report: {result['folder']}/{pipeline.REPORT_FILE}")
    if "raters" in result:
        _tell_who_is_left_out(result)
    elif "page" not in result:
        _tell_failures(result)


def print_tables(result: dict[str, Any]) -> None:
    """Print a judged result on stdout, table by table."""
    from pipelines.evaluation.printed import tables_of

    for table in tables_of(result):
        print_data(_drawn(table))


def _drawn(table: Any) -> str:
    """A table as rich draws it; metrics run downwards, since a terminal is narrow."""
    import io

    from rich import box
    from rich.console import Console
    from rich.table import Table

    columns = [table.header, *table.rows]
    if table.rows and table.header[1] == "N":
        columns = [[str(cell) for cell in column] for column in zip(*columns, strict=True)]
    grid = Table(title=table.title, box=box.SIMPLE_HEAD, title_justify="left")
    for number, head in enumerate(columns[0]):
        grid.add_column(head, justify="left" if number == 0 else "right")
    for row in columns[1:]:
        grid.add_row(*row)
    stream = io.StringIO()
    Console(file=stream, width=max(100, 24 * len(columns[0])), highlight=False).print(grid)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()).rstrip() + "\n"


def _tell_failures(result: dict[str, Any]) -> None:
    failed = [f"{name}/{clip}" for name, clips in result["left_out"].items() for clip in clips]
    for name, clips in result["left_out"].items():
        for clip, reason in clips.items():
            talk(f"left out: {name}/{clip}: {reason}")
    for title, names in result["unmatched"].items():
        talk(f"{title}: {len(names)} ({', '.join(names[:5])}{', ...' if len(names) > 5 else ''})")
    if failed:
        listed = ", ".join(failed[:5]) + (", ..." if len(failed) > 5 else "")
        raise SomeItemsFailed(
            f"{len(failed)} clips could not be measured: {listed}", "the lines above say why"
        )


def _tell_who_is_left_out(result: dict[str, Any]) -> None:
    for key in ("excluded", "unusable"):
        for file, reason in result[key].items():
            talk(f"left out: {file}: {reason}")
    if result["unusable"]:
        listed = ", ".join(list(result["unusable"])[:5])
        raise SomeItemsFailed(
            f"{len(result['unusable'])} files could not be used: {listed}",
            "the lines above say why",
        )
