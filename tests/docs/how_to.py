"""Following a how-to page: its blocks go where their first line says, into a copy.

The first line of a Python block is a comment:

    # pipelines/a/b.py                    a new file
    # pipelines/a/b.py, among the imports after the file's own imports
    # pipelines/a/b.py, in NAME           before the closing bracket of the table NAME, or after the
                                          last field of the class NAME

A block of `diff` begins with `# pipelines/a/b.py`; its old lines are there once, and become the new
ones. Blocks of `sh` are what the reader then runs.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOW_TO = ROOT / "docs" / "how-to"
_BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_HEAD = re.compile(r"# ([\w./-]+)(?:, (among the imports|in (\w+)))?")
_DIFF = "diff"


@dataclass(frozen=True)
class Block:
    """One block: the file it goes to, where in it, and its lines without the head."""

    path: str
    place: str
    text: str

    def applied_to(self, source: str | None) -> str:
        """The file's text with the block in it; `source` is None where there is no file yet."""
        if not self.place:
            assert source is None, f"{self.path} is there already"
            return self.text
        assert source is not None, f"{self.path} is not there"
        if self.place == _DIFF:
            old, new = (self._side(sign) for sign in "-+")
            assert source.count(old) == 1, f"{self.path}: {old}"
            return source.replace(old, new)
        lines = source.splitlines(keepends=True)
        line = (_last_import if self.place == "imports" else _end_of)(ast.parse(source), self.place)
        return "".join([*lines[:line], self.text, *lines[line:]])

    def _side(self, sign: str) -> str:
        """What a diff takes away ("-") or puts in its place ("+"), with the lines that stay."""
        lines = self.text.splitlines(keepends=True)
        return "".join(line[1:] for line in lines if line[0] in (sign, " "))


def blocks(page: str) -> Iterator[Block]:
    """The blocks of a page that change files, in order."""
    for language, text in _blocks(page):
        if language in ("python", _DIFF):
            head, _, body = text.partition("\n")
            found = _HEAD.fullmatch(head)
            assert found is not None, f"{page}: a block begins with {head!r}"
            place = "imports" if found[2] == "among the imports" else (found[3] or "")
            place = _DIFF if language == _DIFF else place
            yield Block(found[1], place, body)


def commands(page: str) -> list[str]:
    """The shell lines of a page, continued lines joined."""
    shells = "".join(text for language, text in _blocks(page) if language == "sh")
    return [line for line in shells.replace("\\\n", " ").splitlines() if line.strip()]


def _blocks(page: str) -> Iterator[tuple[str, str]]:
    for _, language, text in _BLOCK.findall((HOW_TO / page).read_text(encoding="utf-8")):
        yield language, textwrap.dedent(text)


def follow(page: str, copy: Path) -> list[Path]:
    """Apply a page to a copy; returns the files that it touched."""
    touched = []
    for block in blocks(page):
        path = copy / block.path
        text = block.applied_to(path.read_text(encoding="utf-8") if path.is_file() else None)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            path.unlink()
        path.write_text(text, encoding="utf-8")
        touched.append(path)
    return touched


def copy_of_the_package(folder: Path) -> Path:
    """The two packages and what their checks need; everything but directories is a link.

    What has been compiled is among it: Python and numba put new files in the links' places.
    """
    for name in ("pipelines", "macedance_cli"):
        shutil.copytree(ROOT / name, folder / name, copy_function=os.symlink)
    for name in ("pyproject.toml", "tests/conftest.py", "tests/helpers", "examples"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).symlink_to(ROOT / name)
    (folder / "docs").mkdir()
    for name in ("make_options.py", "options.md"):
        shutil.copy(ROOT / "docs" / name, folder / "docs")
    return folder


def _last_import(tree: ast.Module, place: str) -> int:
    return max(n.end_lineno or 0 for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom))


def _end_of(tree: ast.Module, name: str) -> int:
    """The line after which the next element of a table, or field of a class, goes."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            fields = [n.end_lineno or 0 for n in node.body if isinstance(n, ast.AnnAssign)]
            return max(fields)
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(t, ast.Name) and t.id == name for t in targets):
            value = getattr(node, "value", None)
            assert isinstance(value, ast.Tuple | ast.List | ast.Dict | ast.Call), name
            return (value.end_lineno or 0) - 1
    raise AssertionError(f"nothing is called {name}")
