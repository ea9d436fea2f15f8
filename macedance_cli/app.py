"""The `macedance` command: which commands there are, and the way in and out."""

from __future__ import annotations

import io
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, TextIO

import typer

from macedance_cli import curate, doctor, evaluate, generate, render, train_appearance, train_motion
from macedance_cli.console import print_data, talk
from macedance_cli.failures import debugging, leave, run_to_exit_code
from macedance_cli.help_pages import help_option, run_app
from pipelines.appearance_expert.training.settings import TrainAppearanceConfig
from pipelines.curation.settings import CurateConfig
from pipelines.doctor import DoctorConfig
from pipelines.evaluation.settings import EvaluateConfig
from pipelines.generation.settings import GenerateConfig, own_options
from pipelines.motion_expert.training.settings import TrainMotionConfig
from pipelines.motion_expert.training.settings import own_options as own_training_options
from pipelines.rendering.settings import RenderConfig
from pipelines.support.errors import Doubtful
from pipelines.support.idle_threads import keep_numpy_to_one_thread, let_idle_threads_sleep

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@dataclass(frozen=True)
class Offered:
    """A command: its function, what it is asked to do, and the options of experts it offers."""

    run: Callable[..., None]
    config: type
    epilog: str
    own: Callable[[], Sequence[type]] = tuple


COMMANDS = {
    "generate": Offered(generate.generate, GenerateConfig, generate.EPILOG, own_options),
    "curate": Offered(curate.curate, CurateConfig, curate.EPILOG),
    "render": Offered(render.render, RenderConfig, render.EPILOG),
    "train-motion": Offered(
        train_motion.train_motion, TrainMotionConfig, train_motion.EPILOG, own_training_options
    ),
    "train-appearance": Offered(
        train_appearance.train_appearance, TrainAppearanceConfig, train_appearance.EPILOG
    ),
    "evaluate": Offered(evaluate.evaluate, EvaluateConfig, evaluate.EPILOG),
    "doctor": Offered(doctor.doctor, DoctorConfig, doctor.EPILOG),
}

for _name, _offered in COMMANDS.items():
    app.command(_name, epilog=_offered.epilog)(_offered.run)


def main() -> None:
    """Run the command line and exit with one of the codes of docs/exit-codes.md."""
    _open_closed_streams()
    _quiet_libraries()
    let_idle_threads_sleep()
    keep_numpy_to_one_thread()
    # A file name leaves as the bytes that it came in as, whatever encoding the terminal has.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding=sys.getfilesystemencoding(), errors="surrogateescape")
    leave(run_to_exit_code(partial(run_app, app)))


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata  # a twentieth of a second that nothing else needs

        print_data(f"macedance {metadata.version('macedance')}")
        raise typer.Exit


@app.command("help", hidden=True)
def help_of(
    command: Annotated[str, typer.Argument(help="A command.", metavar="COMMAND")] = "",
) -> None:
    """Show the help of macedance, or of a command."""
    asked = [*([command] if command else []), "--help"]
    run_app(app, asked, standalone_mode=False, prog_name="macedance")


@app.callback()
def macedance(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the version and stop.",
            metavar="",
            callback=_show_version,
            is_eager=True,
        ),
    ] = False,
    help_page: Annotated[bool, help_option()] = False,
) -> None:
    """Music-driven dance video: a song and one picture become a dancing person.

    `macedance help COMMAND` explains a command.

    Results go to stdout, everything else to stderr; docs/exit-codes.md lists the exit codes.
    """


def _tell_doubts(
    message: Warning | str, category: type[Warning], filename: str, lineno: int,
    file: TextIO | None = None, line: str | None = None,
) -> None:  # fmt: skip
    talk(f"warning: {message}")


def _open_closed_streams() -> None:
    """Let what a shell closed (`>&-`) lead nowhere, so that no other file takes its place."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "r+"))  # noqa: SIM115


def _quiet_libraries() -> None:
    """Keep what libraries log out of the talk, and keep them from reaching for the network."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    if debugging():
        return
    warnings.simplefilter("ignore")
    warnings.simplefilter("always", Doubtful)
    warnings.showwarning = _tell_doubts
    # On a full disk the finalizers of other people's writers complain as well, with tracebacks.
    sys.unraisablehook = lambda unraisable: None
    for name, level in (
        ("GLOG_minloglevel", "2"),
        ("TF_CPP_MIN_LOG_LEVEL", "2"),
        ("TRANSFORMERS_VERBOSITY", "error"),
        ("DIFFUSERS_VERBOSITY", "error"),
    ):
        os.environ.setdefault(name, level)


if __name__ == "__main__":
    main()
