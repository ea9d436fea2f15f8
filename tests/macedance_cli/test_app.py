"""The commands that there are, their help, and what starting up costs."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
import subprocess
import sys

import pytest
import typer

from macedance_cli.curate import curate
from macedance_cli.evaluate import evaluate
from macedance_cli.generate import generate
from macedance_cli.render import render
from macedance_cli.train_appearance import train_appearance
from macedance_cli.train_motion import train_motion

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
NOT_IN_CONFIG = {"config", "dry_run", "as_json"}


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


def _declared(command):
    """Name of each parameter -> its typer.Option or typer.Argument."""
    parameters = inspect.signature(command, eval_str=True).parameters
    return {name: parameter.annotation.__metadata__[0] for name, parameter in parameters.items()}


def _config(command):
    module = importlib.import_module(f"pipelines.{command.__name__}")
    name = "".join(word.capitalize() for word in command.__name__.split("_"))
    return getattr(module, f"{name}Config")


ALL = [generate, curate, render, train_motion, train_appearance, evaluate]


@pytest.mark.parametrize("command", ALL)
def test_options_are_the_fields_of_the_config(command):
    fields = {field.name for field in dataclasses.fields(_config(command))}
    assert set(_declared(command)) - NOT_IN_CONFIG == fields


@pytest.mark.parametrize("command", ALL)
def test_defaults_in_the_help_are_the_real_ones(command):
    checked = 0
    defaults = {field.name: field.default for field in dataclasses.fields(_config(command))}
    for name, declared in _declared(command).items():
        shown = re.search(r"\(default: (.*)\)$", declared.help or "")
        if shown is None:
            assert name in NOT_IN_CONFIG or defaults[name] in (None, False, (), dataclasses.MISSING)
            continue
        default = defaults[name]
        if isinstance(default, bool):
            assert shown[1] == ("yes" if default else "no")
        elif isinstance(default, (int, float)) and name != "start":
            assert float(shown[1]) == default
            checked += 1
    assert checked >= 3


@pytest.mark.parametrize("command", ALL)
def test_every_option_is_read_from_the_environment(command):
    for name, declared in _declared(command).items():
        if name in ("dry_run", "as_json", "song", "picture", "dance"):
            continue
        assert declared.envvar == "MACEDANCE_" + name.upper()


def test_usage_errors_are_typer_exceptions():
    """failures.py relies on this part of Typer's public interface."""
    assert issubclass(typer.BadParameter, typer.TyperException)
    assert sys.version_info >= (3, 11)
