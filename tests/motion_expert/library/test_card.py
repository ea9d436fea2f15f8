"""What a library says of itself to people."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipelines.motion_expert.library.card import library_card, library_doubts, library_facts
from pipelines.motion_expert.library.storage import Library


def test_facts_count_takes_minutes_and_tempi(library: Library) -> None:
    facts = library_facts(library)
    assert facts["takes"] == 9 and facts["left_out"] == ["x: hardly moves"]
    assert facts["minutes"] == pytest.approx(9 * 16 / 60, abs=0.01)
    house = facts["styles"]["house"]
    assert (house["takes"], house["choreographies"], house["counted_by_song"]) == (3, 3, 3)
    assert house["counts_per_minute"] == pytest.approx([112, 120], abs=0.2)
    assert sum(one["minutes"] for one in facts["styles"].values()) == pytest.approx(2.4, abs=0.02)


def test_the_card_is_the_same_page_for_the_same_library(library: Library) -> None:
    card = library_card("mine", library, ["h0: no song"])
    assert card == library_card("mine", library, ["h0: no song"])
    assert card.startswith("# mine: a dance library\n") and "9 takes, 2.4 minutes" in card
    assert "| house | 3 | 3 | 0.8 | 112 to 120 | 3 |" in card
    assert "## Left out\n\n- x: hardly moves\n" in card and "## Notes\n\n- h0: no song\n" in card
    assert "## Notes" not in library_card("mine", library, [])


def test_what_its_dances_will_lack(library: Library) -> None:
    assert library_doubts(library) == []
    one = replace(library, takes=library.takes[:1])
    assert "one take only" in library_doubts(one)[0]
    short = replace(library, steps=library.steps[:1000], takes=library.takes[:2])
    assert library_doubts(short) == [
        "33 s of dance in all: longer songs will hear it again and again"
    ]
