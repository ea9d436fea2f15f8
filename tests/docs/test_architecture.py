"""What the page on architecture names is there: rooms, modules, and what the modules hand on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PIPELINES = ROOT / "pipelines"
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
HOUSE, *WAYS = re.split(r"^## The way through ", PAGE, flags=re.MULTILINE)


def test_every_room_has_its_line() -> None:
    listed = re.findall(r"^\| `([\w/*.]+)` \|", HOUSE, re.MULTILINE)
    rooms = {path.parent.name for path in PIPELINES.glob("*/__init__.py")}
    assert set(listed) == rooms | {"macedance_cli", "pipelines/*.py"}


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([\w/]+\.py)`", PAGE))))
def test_a_module_that_is_named_is_there(name: str) -> None:
    places = [ROOT / name, PIPELINES / name, *PIPELINES.glob(f"*/{name}")]
    assert any(place.is_file() for place in places)


def test_folders_of_experts_are_there() -> None:
    for room, expert in re.findall(r"`(\w+_expert)/<([\w ]+)>/`", PAGE):
        assert any(PIPELINES.glob(f"{room}/*/__init__.py")), expert


def test_each_way_begins_with_its_verb() -> None:
    assert [way.split()[0] for way in WAYS] == ["curate", "generate", "train-motion"]


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([A-Z]\w+[a-z]\w*)`", PAGE))))
def test_a_class_that_is_named_is_defined(name: str) -> None:
    defined = re.compile(rf"^class {name}\b", re.MULTILINE)
    assert any(defined.search(path.read_text()) for path in PIPELINES.rglob("*.py"))
