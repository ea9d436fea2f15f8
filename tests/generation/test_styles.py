"""Styles, energies and ways to face over time, as flags say them."""

import pytest
from listener import Listener

from pipelines.generation.styles import (
    before_the_end,
    parse_energies,
    parse_facings,
    parse_styles,
)
from pipelines.support.errors import BadUsage

KNOWN = {"house": "house", "krump": "krump", "hip-hop": "la hip-hop"}


def known(name):
    if name not in KNOWN:
        raise BadUsage(f"--genre {name}: unknown")
    return KNOWN[name]


@pytest.mark.parametrize(
    ("text", "styles"),
    [
        (None, ()),
        ("house", ((0.0, "house"),)),
        ("house@0,krump@0:16", ((0.0, "house"), (16.0, "krump"))),
        ("krump@1:02.5, hip-hop", None),
        ("house, krump@8 ,hip-hop@1:00", ((0.0, "house"), (8.0, "krump"), (60.0, "la hip-hop"))),
        ("krump@12,house@4", ((4.0, "house"), (12.0, "krump"))),
        ("krump@1:00:00", ((3600.0, "krump"),)),
    ],
)
def test_what_is_read(text, styles):
    if styles is None:
        with pytest.raises(BadUsage, match="has no time"):
            parse_styles(text, known)
    else:
        assert parse_styles(text, known) == styles


@pytest.mark.parametrize(
    ("text", "says"),
    [("house@0,krump@0", "same time"), ("house@x", "has no time"), ("house@1:2:3:4", "not a time"),
     ("house@.", "not a time"), ("house,,krump@3", "nothing"), ("", "nothing"),
     ("polka@3", "polka: unknown")],
)  # fmt: skip
def test_what_is_refused(text, says):
    with pytest.raises(BadUsage, match=says):
        parse_styles(text, known)


def test_energies_over_time():
    assert parse_energies(None) == ()
    assert parse_energies("0.9@0:16, 0.3") == ((0.0, 0.3), (16.0, 0.9))
    for text, words in (("a@1", "is no energy and time"), ("2@1", r"must lie in 0 \.\.\. 1")):
        with pytest.raises(BadUsage, match=words):
            parse_energies(text)


@pytest.mark.parametrize(
    ("text", "ways"),
    [
        (None, ()),
        ("left", ((0.0, -90.0),)),
        ("front@0:12, right@8", ((8.0, 90.0), (12.0, 0.0))),
        ("back@1,-45@1:02.5", ((1.0, 180.0), (62.5, -45.0))),
    ],
)
def test_ways_to_face_over_time(text, ways):
    assert parse_facings(text) == ways


@pytest.mark.parametrize("text", ["", "up", "left@x", "left,,", "400", "nan@2"])
def test_what_is_no_way_to_face(text):
    with pytest.raises(BadUsage, match="--facing"):
        parse_facings(text)


def test_what_begins_when_the_dance_is_over_is_told_and_left_out():
    listener = Listener()
    facings, styles = parse_facings("left@4,45@12"), ((0.0, "house"), (10.0, "krump"))
    assert before_the_end("--facing", facings, 10.0, listener) == ((4.0, -90.0),)
    assert before_the_end("--genre", styles, 10.0, listener) == ((0.0, "house"),)
    assert listener.warned == [
        "--facing 45@12: the dance ends after 10.00 s",
        "--genre krump@10: the dance ends after 10.00 s",
    ]
    assert before_the_end("--genre", styles, 11.0, listener) == styles
    assert len(listener.warned) == 2
