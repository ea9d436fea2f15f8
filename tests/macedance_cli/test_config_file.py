"""--config: file < environment < flags, and errors that say what was meant."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from macedance_cli.config_file import resolve
from pipelines.support.errors import BadUsage, UnsuitableInput
from pipelines.support.options import declared, option

PRINT = "progress.say(f'{config.seed} {config.lr} {config.data} {config.mirror}')"


@dataclass(frozen=True)
class Settings:
    song: Path | None = option(None, "A song.")
    beta: float = option(0.75, "How hard.")
    steps: int = option(50, "Updates.", former=("max_steps",))
    motion_only: bool = option(False, "Stop early.")
    device: Literal["auto", "cpu"] = option("auto", "Where.")
    genre: str | None = option(None, "A style.")
    music: tuple[str, ...] = option((), "Songs.")


def settings(tmp_path: Path, text: str, **given: object) -> Settings:
    file = tmp_path / "file.toml"
    file.write_text(text)
    return resolve(Settings, "generate", file, given)


def test_defaults_file_and_given_in_this_order(tmp_path: Path) -> None:
    text = 'beta = 1\nsong = "a.wav"\nmotion-only = true\nmusic = ["x", "y"]\nsteps = 10'
    assert settings(tmp_path, text, steps=20, genre=None) == Settings(
        Path("a.wav"), 1.0, 20, True, "auto", None, ("x", "y")
    )


def test_the_own_table_ranks_above_the_top_and_others_are_left_alone(tmp_path: Path) -> None:
    text = "steps = 1\n[generate]\nsteps = 2\n[train-motion]\nnonsense = 3"
    assert settings(tmp_path, text).steps == 2


@pytest.mark.parametrize(
    ("text", "says", "hints"),
    [
        ("stepps = 3", "no option 'stepps'", "did you mean 'steps'?"),
        ("motion_onli = true", "no option", "did you mean 'motion-only'?"),
        ("[generat]\nsteps = 3", "unknown table [generat]", "did you mean 'generate'?"),
        ("zzz = 3", "no option 'zzz'", "known are: beta, device"),
        ("steps = 2.5", "steps = 2.5 is not a whole number", ""),
        ("steps = true", "steps = True is not a whole number", ""),
        ("beta = 'much'", "is not a number", ""),
        ("song = 3", "is not a path", ""),
        ("device = 'tpu'", "is not 'auto' | 'cpu'", ""),
        ("genre = 1979-05-27", "is not text", ""),
        ("music = ['x', 3]", "is not a list", ""),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, says: str, hints: str) -> None:
    with pytest.raises(BadUsage) as caught:
        settings(tmp_path, text)
    assert says in caught.value.what
    assert hints in caught.value.hint


def test_a_former_name_goes_on_working_with_a_warning(tmp_path: Path, capsys) -> None:
    assert settings(tmp_path, "max-steps = 3").steps == 3
    assert "max-steps is called steps now" in capsys.readouterr().err
    assert settings(tmp_path, "steps = 4\nmax-steps = 3").steps == 4


def test_options_of_experts_come_together(tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class Whole:
        seed: int = option(0, "Seed.")
        options: dict[str, object] = field(default_factory=dict)

    file = tmp_path / "file.toml"
    file.write_text("seed = 1\nbeta = 0.5\n")
    found = resolve(Whole, "generate", file, {"steps": 3, "genre": None}, declared(Settings))
    assert found == Whole(1, {"beta": 0.5, "steps": 3})


@pytest.mark.parametrize("content", [b"beta = ", b"\xff\xfe", b"\x00"])
def test_what_is_not_toml(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.toml"
    file.write_bytes(content)
    with pytest.raises(UnsuitableInput, match="not a TOML file"):
        resolve(Settings, "generate", file, {})


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UnsuitableInput, match="no such file"):
        resolve(Settings, "generate", tmp_path / "none.toml", {})


def test_file_below_environment_below_flags_in_the_shell(tmp_path, macedance, pretending):
    (tmp_path / "c.toml").write_text(
        "seed = 1\nlr = 0.1\ndata = ['from-file']\n[train-motion]\nmirror = false\n"
    )
    program = pretending(PRINT)
    arguments = ["train-motion", "--config", "c.toml"]
    alone = macedance(*arguments, program=program)
    assert alone.stderr == "1 0.1 (PosixPath('from-file'),) False\n"
    above = macedance(
        *arguments, "--seed", "3", "--mirror", program=program,
        MACEDANCE_SEED="2", MACEDANCE_LR="0.2",
    )  # fmt: skip
    assert above.stderr == "3 0.2 (PosixPath('from-file'),) True\n"


def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_bytes(b"\xef\xbb\xbfsteps = 3\n")
    assert resolve(Settings, "generate", file, {}).steps == 3
