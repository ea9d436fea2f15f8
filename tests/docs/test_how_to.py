"""Every how-to page, followed step by step on a copy of the package: what it promises happens.

Seconds per page, for each runs commands of its own.
"""

from __future__ import annotations

import itertools
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import how_to
import numpy as np
import pytest
from warm_commands import WarmCommands

from pipelines.body.skeleton import JOINT
from pipelines.media.video import read_frames
from pipelines.motion.motion import Motion
from pipelines.motion.npz import save_npz

ROOT = Path(__file__).parents[2]


class Reader:
    """Somebody who follows a page: a copy of the package, and a folder to work in."""

    def __init__(
        self, page: str, folder: Path, environment: dict[str, str], commands: WarmCommands
    ) -> None:
        self.copy = how_to.copy_of_the_package(folder / "copy")
        self.work = folder / "work"
        self.work.mkdir()
        self.page, self._commands = page, commands
        self._environment = {**environment, "PYTHONPATH": str(self.copy)}
        self.touched = how_to.follow(page, self.copy)

    def python(
        self, *arguments: str, cwd: Path | None = None, variables: dict[str, str] | None = None
    ) -> str:
        """Run Python on the copy; returns stdout and stderr together."""
        known = self._environment | (variables or {})
        done = self._commands.python(arguments, cwd or self.work, known).wait(600)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def shell(self, line: str) -> str:
        """Run a line of the page: variables, then `macedance`, or a script of the repository."""
        words = shlex.split(line)
        given = dict(words.pop(0).split("=", 1) for _ in itertools.takewhile(_is_given, words[:]))
        program, *arguments = words
        if program == "python":
            return self.python(*arguments, cwd=self.copy)
        assert program == "macedance", line
        return self.python("-m", "macedance_cli.app", *arguments, variables=given)

    def run_all(self) -> list[str]:
        """Lint, run the page's own tests, then its commands; returns what each command said."""
        files = [str(path) for path in self.touched]
        # A reader's editor sorts imports.
        self._ruff("check", "-q", "--select", "I", "--fix", *files)
        self._ruff("check", "--no-cache", *files)
        self._ruff("format", "--check", "--no-cache", *files)
        tests = [str(path) for path in self.touched if path.name.startswith("test_")]
        assert tests, f"{self.page} has no test"
        self.python(
            "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(self.copy), *tests,
            cwd=self.copy,
        )  # fmt: skip
        return [self.shell(line) for line in how_to.commands(self.page)]

    def _ruff(self, *words: str) -> None:
        line = [sys.executable, "-m", "ruff", *words]
        done = subprocess.run(line, cwd=self.copy, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def places(self) -> dict[str, int]:
        """Files of the package that were there and had to be touched, and how often."""
        packages = (self.copy / "pipelines", self.copy / "macedance_cli")
        counted: dict[str, int] = {}
        for path in self.touched:
            name = path.relative_to(self.copy)
            if (ROOT / name).is_file() and any(package in path.parents for package in packages):
                counted[str(name)] = counted.get(str(name), 0) + 1
        return counted


def _is_given(word: str) -> bool:
    return re.match(r"[A-Z_]+=", word) is not None


@pytest.fixture
def reader(request, tmp_path: Path, environment: dict[str, str], warm_commands) -> Reader:
    return Reader(request.param, tmp_path, environment, warm_commands)


def on_page(name: str):
    return pytest.mark.parametrize("reader", [name], indirect=True, ids=[name])


def test_every_page_is_followed() -> None:
    followed = re.findall(r'^@on_page\("(.*)"\)$', Path(__file__).read_text(), re.MULTILINE)
    assert sorted(followed) == sorted(page.name for page in how_to.HOW_TO.glob("*.md"))


@on_page("metric.md")
def test_metric(reader: Reader, tiny_dance: Path) -> None:
    shutil.copy(tiny_dance, reader.work / "dance.npz")
    reader.run_all()
    head, _, values = (reader.work / "table.md").read_text().splitlines()[2:5]
    column = [cell.strip() for cell in head.split("|")].index("reach →")
    assert 0.3 < float(values.split("|")[column].split()[0]) < 0.8
    assert reader.places() == {"pipelines/evaluation/catalogue.py": 1}


@on_page("motion-format.md")
def test_motion_format(reader: Reader, tiny_dance: Path) -> None:
    shutil.copy(tiny_dance, reader.work / "dance.npz")
    reader.run_all()
    assert (reader.work / "dance.csv").read_text().startswith("fps,30\n")
    assert (reader.work / "dance.bvh").is_file()
    assert list(reader.places().values()) == [1]


@on_page("data-set.md")
def test_data_set(reader: Reader, tiny_dance: Path, tiny_song: Path) -> None:
    barn = reader.work / "barn"
    for source, target in ((tiny_dance, "takes/reel.npz"), (tiny_song, "songs/reel.wav")):
        (barn / target).parent.mkdir(parents=True)
        shutil.copy(source, barn / target)
    (barn / "calls.csv").write_text("name,style\nreel,Reel\n")
    prepared, _ = reader.run_all()
    assert "Barn dances, 1 dances, 0 without music" in prepared
    (facts,) = (reader.work / "workspace" / "clips").glob("*/clip.json")
    assert '"genre": "Reel"' in facts.read_text()
    assert set(reader.places()) == {"pipelines/datasets/layouts.py"}


@on_page("option.md")
def test_option(reader: Reader, dance: Callable[..., Motion]) -> None:
    save_npz(dance(), reader.work / "dance.npz")
    reader.run_all()
    mirrored, again, plain = (
        np.load(reader.work / f"{name}.npz")["poses"] for name in ("mirrored", "again", "plain")
    )
    np.testing.assert_array_equal(mirrored, again)
    assert not np.array_equal(mirrored, plain)
    (reader.work / "options.toml").write_text("[render]\nmirror = true\n")
    reader.shell("macedance render dance.npz -o filed.npz --config options.toml")
    np.testing.assert_array_equal(np.load(reader.work / "filed.npz")["poses"], mirrored)
    assert "--mirror" in reader.shell("macedance render --help")
    table = (reader.copy / "docs" / "options.md").read_text()
    assert "| `--mirror` |  |  | `MACEDANCE_MIRROR` | Dance the mirror image. |" in table
    assert reader.places()["pipelines/rendering/settings.py"] == 1


@on_page("motion-expert.md")
def test_motion_expert(reader: Reader) -> None:
    shutil.copy(ROOT / "examples" / "song.wav", reader.work / "song.wav")
    _, _, help_text = reader.run_all()
    dance = np.load(reader.work / "dance.npz")["poses"]
    assert dance[:, 3 * JOINT["neck"]].max() == pytest.approx(0.5, abs=0.05)
    assert "nodding" in help_text and "--nod " in help_text
    table = (reader.copy / "docs" / "options.md").read_text()
    assert "| `--nod` | number, 0 ... 1 | 0.3 | `MACEDANCE_NOD` |" in table
    assert set(reader.places()) == {"pipelines/motion_expert/experts.py"}


@on_page("appearance-back-end.md")
def test_appearance_back_end(reader: Reader, tiny_dance: Path) -> None:
    for name in ("song.wav", "dancer.png"):
        shutil.copy(ROOT / "examples" / name, reader.work / name)
    shutil.copy(tiny_dance, reader.work / "dance.npz")
    _, _, help_text = reader.run_all()
    frames = list(read_frames(reader.work / "out.mp4"))
    assert len(frames) == 90
    assert np.median(frames[0]) == pytest.approx(60, abs=3)
    assert frames[0].max() > 200
    assert "chalk" in help_text and "--board " in help_text
    assert set(reader.places()) == {"pipelines/appearance_expert/experts.py"}
