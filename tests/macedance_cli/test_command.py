"""What a command's parameters are made of, and what its function is called with."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
import typer
from typer.testing import CliRunner

from macedance_cli.command import Shown, command
from macedance_cli.failures import debugging
from pipelines.support.errors import BadUsage
from pipelines.support.options import option

SEEN: list[tuple[Any, Shown]] = []


@dataclass(frozen=True)
class Own:
    warmth: float = option(0.5, "How warm.", low=0, high=1, panel="Own")


@dataclass(frozen=True)
class Config:
    song: Path | None = option(None, "A song.", metavar="SONG", positional=True)
    output: Path | None = option(None, "The file.", short="-o")
    steps: int = option(5, "Updates.", former=("max_steps",))
    window: float | None = option(None, "Seconds.", variable="MACEDANCE_FEATURE_WINDOW")
    begin: float = option(0.0, "When.", clock=True)
    device: Literal["cpu", "cuda"] = option("cpu", "Where.")
    compare: tuple[str, ...] = option((), "Some.", metavar="A B", listed=True)
    export: tuple[str, ...] = option((), "Files.", choices=("bvh", "glb"))
    relay: tuple[int, ...] = option((1, 5), "Frames.")
    mirror: bool = option(True, "Mirror.")
    quick: bool = option(False, "Quickly.")
    options: Mapping[str, Any] = field(default_factory=dict)


@command(Config, "generate", dry_run=True, own=lambda: [Own])
def toy(settings: Config, shown: Shown) -> None:
    """Try things."""
    SEEN.append((settings, shown))


@pytest.fixture
def called():
    app = typer.Typer()
    app.command()(toy)
    SEEN.clear()

    def call(*arguments: str, **environment: str) -> tuple[Config, Shown]:
        done = CliRunner().invoke(app, arguments, env=environment, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return SEEN[-1]

    return call


def test_nothing_given_is_the_config_as_it_stands(called):
    assert called() == (Config(), Shown(False, False))


def test_every_kind_of_value(called):
    settings, shown = called(
        "a.wav", "-o", "b.mp4", "--steps", "7", "--compare", "x=1", "--compare", "y=2",
        "--export", "bvh", "--export", "glb", "--relay", "3", "--no-mirror", "--quick",
        "--dry-run", "--json",
    )  # fmt: skip
    assert settings == Config(
        song=Path("a.wav"), output=Path("b.mp4"), steps=7, compare=("x=1", "y=2"),
        export=("bvh", "glb"), relay=(3,), mirror=False, quick=True,
    )  # fmt: skip
    assert shown == Shown(True, True)


def test_the_environment_ranks_below_flags(called):
    settings, _ = called("--steps", "7", MACEDANCE_STEPS="8", MACEDANCE_FEATURE_WINDOW="2.5")
    assert (settings.steps, settings.window) == (7, 2.5)
    settings, _ = called(MACEDANCE_WINDOW="9")
    assert settings.window is None


def test_what_experts_have_of_their_own_arrives_apart(called):
    settings, _ = called("--warmth", "0.25", "--steps", "2")
    assert (settings.options, settings.steps) == ({"warmth": 0.25}, 2)


@pytest.mark.parametrize(
    ("given", "environment"), [(("--max-steps", "9"), {}), ((), {"MACEDANCE_MAX_STEPS": "9"})]
)
def test_former_names_go_on_working_and_say_so(called, capfd, given, environment):
    settings, _ = called(*given, **environment)
    assert settings.steps == 9
    settings, _ = called("--steps", "4", *given, **environment)
    assert settings.steps == 4


def test_the_help_names_defaults_panels_and_negations():
    app = typer.Typer()
    app.command()(toy)
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "100", "TERM": "dumb"}).output
    assert "Updates. (default: 5)" in shown
    assert "--no-mirror" in shown and "--no-quick" not in shown
    assert "─ Own ─" in shown
    assert "max-steps" not in shown
    assert "<bool>" not in next(line for line in shown.splitlines() if "--quick" in line)


def test_a_wrong_choice_is_usage():
    app = typer.Typer()
    app.command()(toy)
    done = CliRunner().invoke(app, ["--device", "tpu"])
    assert done.exit_code == 2
    assert "tpu" in done.output


def test_only_what_typer_documents_is_used():
    """The parameters stand in the function's signature, as Python itself would have them."""
    signature = inspect.signature(toy)
    assert list(signature.parameters)[:3] == ["song", "output", "steps"]
    assert all(one.default in (None, False) for one in signature.parameters.values())
    assert toy.__doc__ == "Try things."


def test_quiet_tells_only_doubts(called, capfd):
    _, shown = called("-q")
    progress = shown.progress()
    with progress.stage("working", 2) as advance:
        advance(1)
    progress.say("well")
    progress.warn("not so well")
    assert capfd.readouterr().err == "warning: not so well\n"


def test_verbose_wants_tracebacks(called, monkeypatch):
    monkeypatch.setenv("MACEDANCE_DEBUG", "0")
    called("-v")
    assert debugging()


def test_a_time_may_be_written_as_a_clock_shows_it(called):
    settings, _ = called("--begin", "1:02.5")
    assert settings.begin == 62.5
    settings, _ = called(MACEDANCE_BEGIN="0:45")
    assert settings.begin == 45.0
    app = typer.Typer()
    app.command()(toy)
    with pytest.raises(BadUsage, match="--begin 1:x: not a time"):
        CliRunner().invoke(app, ["--begin", "1:x"], catch_exceptions=False)
