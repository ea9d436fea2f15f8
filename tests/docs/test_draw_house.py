"""The picture of the house is what the code's own imports draw."""

from __future__ import annotations

import importlib.util
import sys
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("draw_house", ROOT / "docs" / "draw_house.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["draw_house"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def house(script):
    """Two seconds: all imports are read."""
    return script.read_house()


def test_the_picture_is_drawn_from_todays_code(script, house) -> None:
    drawn = (ROOT / "docs" / "house.svg").read_text(encoding="utf-8")
    assert script.drawn(house) == drawn, "run python docs/draw_house.py"


def test_every_room_is_in_it_and_every_arrow_goes_down(script, house) -> None:
    rooms = [room for floor in house.floors for room in floor]
    picture = ElementTree.fromstring(script.drawn(house))
    texts = {element.text for element in picture.iter("{http://www.w3.org/2000/svg}text")}
    assert set(rooms) <= texts
    floor = {room: number for number, rooms in enumerate(house.floors) for room in rooms}
    assert all(floor[above] < floor[under] for above, under in house.arrows)


def test_what_is_left_out_is_implied_by_what_is_drawn(script) -> None:
    arrows = {("a", "b"): 3, ("b", "c"): 1, ("a", "c"): 9, ("a", "support"): 5, ("a", "d"): 2}
    kept = script.essential(arrows)
    assert kept == {("a", "b"): 3, ("b", "c"): 1, ("a", "d"): 2}


def test_boxes_do_not_overlap(script, house) -> None:
    layout = script.Layout(house)
    for row in layout.rows:
        for left, right in pairwise(row):
            gap = layout.x[right] - layout.x[left]
            assert gap >= (layout.width(left) + layout.width(right)) / 2
        assert all(layout.width(point) / 2 <= layout.x[point] <= script.WIDTH for point in row)
