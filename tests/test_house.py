"""The house rules that no linter knows: a test file per module, short files, no circles.

Numbers that are named here are how things stand; whoever makes one smaller lowers it.
"""

from __future__ import annotations

import statistics
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    path
    for package in ("pipelines", "macedance_cli")
    for path in (ROOT / package).rglob("*.py")
    if path.name != "__init__.py"
)
VERBS = sorted((ROOT / "pipelines").glob("[!_]*.py"))

LONGEST_MODULE, LONGEST_VERB, MEDIAN_MODULE = 500, 300, 130


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_file(path: Path) -> Path:
    """pipelines/a/b.py -> tests/a/test_b.py, likewise macedance_cli/x.py."""
    inside = path.relative_to(ROOT)
    room = (
        inside.parent.relative_to("pipelines") if inside.parts[0] == "pipelines" else inside.parent
    )
    return ROOT / "tests" / room / f"test_{path.name}"


test_file.__test__ = False  # type: ignore[attr-defined]


def test_every_module_has_its_test_file():
    missing = {name(path) for path in SOURCES if not test_file(path).is_file()}
    assert missing == set()


def test_a_test_file_tests_something():
    empty = [
        name(test_file(path))
        for path in SOURCES
        if test_file(path).is_file() and "\ndef test_" not in test_file(path).read_text()
    ]
    assert empty == []


def test_no_module_is_too_long():
    assert {name(path): lines(path) for path in SOURCES if lines(path) > LONGEST_MODULE} == {}


def test_a_module_tells_one_story():
    assert statistics.median(lines(path) for path in SOURCES) <= MEDIAN_MODULE


@pytest.mark.parametrize("verb", VERBS, ids=lambda path: path.stem)
def test_a_verb_reads_like_the_readme(verb):
    assert lines(verb) <= LONGEST_VERB


def test_no_two_modules_import_each_other():
    graph = grimp.build_graph("pipelines", "macedance_cli", cache_dir=None)
    circles = {
        frozenset((one, other))
        for one in graph.modules
        for other in graph.find_modules_directly_imported_by(one)
        if one in graph.find_modules_directly_imported_by(other)
    }
    assert circles == set()
