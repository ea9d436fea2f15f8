"""The commands that there are, their help, and what starting up costs."""

from __future__ import annotations

import dataclasses
import inspect
import re
import subprocess
import sys

import pytest
import typer

from macedance_cli.app import COMMANDS as OFFERED
from pipelines.support.options import declared

HEAVY = {
    "torch", "numpy", "scipy", "librosa", "numba", "mediapipe", "cv2", "PIL", "diffusers",
    "transformers", "accelerate", "peft", "pyrender", "trimesh", "smplx", "decord", "safetensors",
}  # fmt: skip
COMMANDS = (
    "generate",
    "curate",
    "render",
    "train-motion",
    "train-appearance",
    "evaluate",
    "doctor",
)


def test_version(macedance):
    done = macedance("--version")
    assert done.returncode == 0
    assert re.fullmatch(r"macedance \d+\.\d+\.\d+\n", done.stdout)


@pytest.mark.parametrize("arguments", [[], *([name] for name in COMMANDS)])
def test_help_has_examples_and_fits_80_columns(macedance, arguments):
    done = macedance(*arguments, "--help")
    assert done.returncode == 0
    assert done.stderr == ""
    assert max(map(len, done.stdout.splitlines())) <= 80
    if arguments:
        assert f"macedance {arguments[0]} " in done.stdout.partition("Examples:")[2] + " "


def test_file_names_leave_as_they_came(pretending, environment):
    body = (
        "import os\n"
        "return pipeline.TrainMotionResult("
        "Path(os.fsdecode(b'd\\xffnce')), None, 0, None, 0.0, 0.0, 0, 0.0, [])"
    )
    done = subprocess.run(
        [sys.executable, *pretending(body), "train-motion"],
        env={**environment, "LC_ALL": "C.UTF-8"}, capture_output=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, b"d\xffnce\n")


def test_only_what_exists_is_offered(macedance):
    listed = macedance("--help").stdout.partition("Commands")[2]
    assert tuple(re.findall(r"^│ ([a-z-]+) ", listed, re.MULTILINE)) == COMMANDS


@pytest.mark.parametrize(
    "arguments", [["--help"], ["generate", "--help"], ["render", "--help"], ["doctor", "--json"]]
)
def test_starting_up_imports_nothing_heavy(macedance, arguments):
    program = (
        "import atexit, sys\n"
        "atexit.register(lambda: print(*{m.partition('.')[0] for m in sys.modules},"
        " file=sys.stderr))\n"
        "sys.argv[0] = 'macedance'\n"
        "from macedance_cli.app import main; main()"
    )
    done = macedance(*arguments, program=("-c", program))
    assert done.stdout
    assert set(done.stderr.split()) & HEAVY == set()


CONFIGS = {name: offered.config for name, offered in OFFERED.items()}


def _parameters(command):
    """Name of each parameter -> its typer.Option or typer.Argument."""
    parameters = inspect.signature(command, eval_str=True).parameters
    return {name: parameter.annotation.__metadata__[0] for name, parameter in parameters.items()}


@pytest.mark.parametrize(("command", "config"), CONFIGS.items(), ids=lambda found: str(found)[:20])
def test_every_field_is_an_option_and_every_option_is_offered(command, config):
    names = {one.name for one in declared(config)}
    assert names == {field.name for field in dataclasses.fields(config)} - {"options"}
    offered = {name for name in _parameters(OFFERED[command].run) if not name.startswith("former_")}
    assert names <= offered


def test_one_meaning_per_environment_variable():
    """The same variable is the same kind of value with the same choices in every command."""
    meanings: dict[str, set[object]] = {}
    for config in CONFIGS.values():
        for one in declared(config):
            if one.variable:
                meanings.setdefault(one.variable, set()).add(
                    (str(one.kind) if not one.choices else "choice", one.choices)
                )
    several = {name for name, found in meanings.items() if len(found) > 1}
    assert several == set()


def test_usage_errors_are_typer_exceptions():
    """failures.py relies on this part of Typer's public interface."""
    assert issubclass(typer.BadParameter, typer.TyperException)
    assert sys.version_info >= (3, 11)
