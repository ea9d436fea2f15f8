"""Labels of looks: how they are counted, and the finder held against them."""

from __future__ import annotations

import json

import people
import pytest

from pipelines.keypoints.finders import EmbeddedFinder


def test_spans_hold_both_their_ends():
    assert people.in_spans([[0, 2], [5, 5]]) == [0, 1, 2, 5]
    assert people.in_spans([]) == []


def test_a_look_is_labelled_once():
    videos = json.loads(people.LABELS.read_text(encoding="utf-8"))["videos"]
    several = 0
    for label in videos.values():
        assert set(label) <= {"several", "unclear"}
        looks = people.in_spans([*label.get("several", []), *label.get("unclear", [])])
        assert len(set(looks)) == len(looks)
        several += len(people.in_spans(label.get("several", [])))
    assert several == 70


def test_one_dancer_and_two_are_told_apart_in_real_videos(shared_data, capsys):
    """Two of the labelled videos, which cost seconds; `benchmarks/people.py` takes them all."""
    people.main([str(shared_data / "video"), "--only", "tfjs/combined"])
    people.main([str(shared_data / "video"), "--only", "mmpose"])
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    counts = [[int(number) for number in row[1:7]] for row in rows if "/" in row[0]]
    assert counts == [[14, 14, 14, 0, 0, 0], [1, 1, 1, 0, 0, 0]]


def test_gaps_and_unclear_looks_are_counted_apart(dancers):
    label = {"several": [[0, 2]], "unclear": [[4, 4]]}
    with EmbeddedFinder() as finder:
        found = people.judged(dancers("one", 2), label, finder)
    assert (found.several, found.found, found.after, found.false) == (3, 0, 0, 0)
    assert found.others == 3 and found.seconds > 0


def test_a_folder_without_any_of_the_videos_is_told(tmp_path, capsys):
    with pytest.raises(SystemExit):
        people.main([str(tmp_path)])
    assert "none of the labelled videos" in capsys.readouterr().err
