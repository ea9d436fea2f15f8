"""--config: file < environment < flags, and errors that say what was meant."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from macedance_cli.config_file import resolve
from pipelines.support.errors import BadUsage, UnsuitableInput

PRINT = "progress.say(f'{config.seed} {config.lr} {config.data} {config.mirror}')"


@dataclass(frozen=True)
class Settings:
    song: Path | None
    beta: float = 0.75
    steps: int = 50
    motion_only: bool = False
    device: Literal["auto", "cpu"] = "auto"
    genre: str | None = None
    music: tuple[str, ...] = ()


def settings(tmp_path: Path, text: str, **given: object) -> Settings:
    file = tmp_path / "file.toml"
    file.write_text(text)
    return resolve(Settings, "generate", file, given, {"song": None})


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
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, says: str, hints: str) -> None:
    with pytest.raises(BadUsage) as caught:
        settings(tmp_path, text)
    assert says in caught.value.what
    assert hints in caught.value.hint


@pytest.mark.parametrize("content", [b"beta = ", b"\xff\xfe", b"\x00"])
def test_what_is_not_toml(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.toml"
    file.write_bytes(content)
    with pytest.raises(UnsuitableInput, match="not a TOML file"):
        resolve(Settings, "generate", file, {}, {"song": None})


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UnsuitableInput, match="no such file"):
        resolve(Settings, "generate", tmp_path / "none.toml", {}, {"song": None})


def test_file_below_environment_below_flags_in_the_shell(tmp_path, macedance, pretending):
    (tmp_path / "c.toml").write_text(
        "seed = 1\nlr = 0.1\ndata = ['from-file']\n[train-motion]\nmirror = false\n"
    )
    program = pretending(PRINT)
    arguments = ["train-motion", "--config", "c.toml"]
    alone = macedance(*arguments, program=program)
    assert alone.stderr == "1 0.1 [PosixPath('from-file')] False\n"
    above = macedance(
        *arguments, "--seed", "3", "--mirror", program=program,
        MACEDANCE_SEED="2", MACEDANCE_LR="0.2",
    )  # fmt: skip
    assert above.stderr == "3 0.2 [PosixPath('from-file')] True\n"
