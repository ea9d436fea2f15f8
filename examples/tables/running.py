"""What the tables share: commands of `macedance` one after another, and a table of their figures.

Every script prints the commands that it runs (`--dry-run` only prints them); a step whose result is
there is left out, a training that stopped goes on.
"""

from __future__ import annotations

import argparse
import csv
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_SOME_FAILED = 5
SONGS = (".wav", ".mp3", ".flac", ".ogg", ".m4a", ".opus")


@dataclass(frozen=True)
class Step:
    """One command.

    Attributes:
        words: of the command line after `macedance`.
        makes: by this the step is known to be done.
    """

    words: tuple[str, ...]
    makes: Path


def options(about: str | None) -> argparse.ArgumentParser:
    """The options that all tables have."""
    parser = _training_options(about, "dances with music, to learn from")
    parser.add_argument("--songs", type=Path, required=True, help="folder of songs to dance to")
    parser.add_argument("--truth", type=Path, required=True, help="recordings to judge by")
    parser.add_argument("--seconds", default="", help="of each dance; else the whole song")
    return parser


def of_data_set(about: str | None, profile: str) -> argparse.ArgumentParser:
    """The options of tables that learn from a data set and are judged on its own test split."""
    parser = _training_options(about, "a data set as downloaded (docs/data-sets.md)")
    parser.add_argument("--split", default="test", help="to dance to and be judged on")
    parser.add_argument("--profile", default=profile, help="whose definitions judge")
    return parser


def _training_options(about: str | None, data: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(about or "").split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help=data)
    parser.add_argument("--out", type=Path, required=True, help="the workspace of all runs")
    parser.add_argument("--preset", default="paper", help="size of the networks")
    parser.add_argument("--steps", default="", help="updates of each training; else the command's")
    parser.add_argument("--training", default="", help="more options of every train-motion")
    parser.add_argument("--dry-run", action="store_true", help="print the commands and stop")
    return parser


def training(
    asked: argparse.Namespace, expert: str, stage: str, run: str, **chosen: str | Path
) -> Step:
    """`train-motion` of one stage, "" for an expert of one piece, into a run of its own name."""
    words = ["train-motion", "--expert", expert, "--data", str(asked.data),
             "--workspace", str(asked.out), "--run", run, "--preset", asked.preset]  # fmt: skip
    words += ["--stage", stage] if stage else []
    if asked.steps:
        words += ["--steps", asked.steps]
    for name, value in chosen.items():
        words += [f"--{name.replace('_', '-')}", *([str(value)] if value != "" else [])]
    words += shlex.split(asked.training)
    return Step(tuple(words), run_folder(asked, run) / "done")


def run_folder(asked: argparse.Namespace, run: str) -> Path:
    """Where a training's checkpoints lie."""
    place: Path = asked.out / "models" / "motion" / run
    return place


def dances(
    asked: argparse.Namespace, name: str, model: Sequence[str], genre: str = ""
) -> list[Step]:
    """A dance to every song, each from a seed of its own, into the folder OUT/dances/NAME.

    From one seed all would begin alike, and much of a dance follows from where it begins.
    """
    steps = []
    for number, song in enumerate(songs(asked.songs)):
        target = asked.out / "dances" / name / f"{song.stem}.npz"
        words = ["generate", str(song), "--motion-only", "--motion-out", str(target),
                 "--workspace", str(asked.out), "--seed", str(number), *model]  # fmt: skip
        words += ["--duration", asked.seconds] if asked.seconds else []
        words += ["--genre", genre] if genre else []
        steps.append(Step(tuple(words), target))
    return steps


def videos(
    asked: argparse.Namespace, name: str, dances_of: str, drawing: Sequence[str]
) -> list[Step]:
    """A video of every dance in OUT/dances/DANCES_OF with its song, into OUT/videos/NAME.

    Args:
        drawing: options of `generate` that say who draws.
    """
    steps = []
    for song in songs(asked.songs):
        target = asked.out / "videos" / name / f"{song.stem}.mp4"
        dance = asked.out / "dances" / dances_of / f"{song.stem}.npz"
        words = ("generate", str(song), str(asked.picture), "--motion", str(dance), "-o",
                 str(target), "--workspace", str(asked.out), *drawing)  # fmt: skip
        steps.append(Step(words, target))
    return steps


def seen(asked: argparse.Namespace, name: str, *more: str) -> Step:
    """`evaluate` of the videos of that name, its figures in OUT/tables/NAME.csv."""
    target = asked.out / "tables" / f"{name}.csv"
    words = ("evaluate", "--protocol", "motion-appearance", "--pred",
             str(asked.out / "videos" / name), "--truth", str(asked.truth), "--music",
             str(asked.songs), "--workspace", str(asked.out), "--csv", str(target),
             *more)  # fmt: skip
    return Step(words, target)


def on_data_set(
    asked: argparse.Namespace, name: str, model: Sequence[str], *more: str, labelled: bool = True
) -> list[Step]:
    """A dance to every song of the split into OUT/dances/NAME, and `evaluate` of them.

    Args:
        more: further options of `evaluate`. labelled: whether to dance in the labelled styles.
    """
    place, target = asked.out / "dances" / name, asked.out / "tables" / f"{name}.csv"
    words = ("generate", str(asked.data), "--split", asked.split, "-o", str(place), "--workspace",
             str(asked.out), *model, *(("--genre", "label") if labelled else ()))  # fmt: skip
    judging = ("evaluate", "--protocol", "motion-3d", "--profile", asked.profile, "--pred",
               str(place), "--truth", str(asked.data), "--split", asked.split, "--workspace",
               str(asked.out), "--csv", str(target), *more)  # fmt: skip
    return [Step(words, place / "done"), Step(judging, target)]


def songs(folder: Path) -> list[Path]:
    """The songs of a folder, by name."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in SONGS)


def judged(asked: argparse.Namespace, name: str, *more: str) -> Step:
    """`evaluate` of the dances of that name, its figures in OUT/tables/NAME.csv."""
    target = asked.out / "tables" / f"{name}.csv"
    words = ("evaluate", "--protocol", "motion-3d", "--pred", str(asked.out / "dances" / name),
             "--truth", str(asked.truth), "--music", str(asked.songs), "--workspace",
             str(asked.out), "--csv", str(target), *more)  # fmt: skip
    return Step(words, target)


def run(steps: Iterable[Step], only_print: bool = False) -> None:
    """Run what is not done yet; raises CalledProcessError at the first command that fails.

    A command of which some items failed (exit code 5) and which made its result is done: it says
    itself which they are.
    """
    for step in steps:
        if step.makes.exists():
            continue
        print("macedance", shlex.join(step.words), flush=True)
        if only_print:
            continue
        step.makes.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "macedance_cli.app", *step.words]
        ended = subprocess.run(command, check=False)
        if ended.returncode != _SOME_FAILED or not step.makes.exists():
            ended.check_returncode()
        if step.makes.name == "done":
            step.makes.touch()


def table(
    asked: argparse.Namespace, rows: Mapping[str, str], metrics: Sequence[str], truth: str = ""
) -> str:
    """Markdown: a row for each of `rows`, label to name, with intervals, and the truth's own.

    Args:
        truth: name of the row from whose file the truth is read; "" leaves it out.
    """
    lines = [f"| | {' | '.join(metrics)} |", f"|--|{'--|' * len(metrics)}"]
    wanted = {label: (name, "pred") for label, name in rows.items()}
    if truth:
        wanted = {"real dance": (truth, "truth"), **wanted}
    for label, (name, who) in wanted.items():
        found = _figures(asked.out / "tables" / f"{name}.csv", who)
        cells = [found.get(metric, "–") for metric in metrics]
        lines.append(f"| {label} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _figures(path: Path, system: str) -> dict[str, str]:
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["system"] == system]
    return {row["metric"]: _with_interval(row) for row in rows if row["value"]}


def _with_interval(row: Mapping[str, str]) -> str:
    value = f"{float(row['value']):.3g}"
    if not row["low"]:
        return value
    return f"{value} [{float(row['low']):.3g}, {float(row['high']):.3g}]"


def finished(
    asked: argparse.Namespace, steps: Iterable[Step], name: str, text: Callable[[], str]
) -> None:
    """Run all steps, then write what they showed to OUT/tables/NAME.md and print it."""
    run(steps, asked.dry_run)
    if asked.dry_run:
        return
    shown = text() + "\n"
    (asked.out / "tables" / f"{name}.md").write_text(shown, encoding="utf-8")
    print(shown, end="")
