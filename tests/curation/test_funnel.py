"""The funnel of curate: what is counted under what, and how it is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from listener import Listener

from pipelines.curation.funnel import Funnel, failure
from pipelines.curation.selection import REASONS, Candidate
from pipelines.support.errors import (
    BadUsage,
    MissingAsset,
    OutOfResources,
    SomeItemsFailed,
    UnsuitableInput,
)


def window(*reasons: str, seconds: float = 6.0) -> Candidate:
    return Candidate("id", "shot", 0, round(seconds * 10), reasons=list(reasons))


def test_a_clip_is_counted_under_the_first_rule_that_it_breaks():
    funnel = Funnel()
    for one in (window(), window("nobody", "several"), window("several"), window("duplicate")):
        funnel.count(one, 10.0)
    assert (funnel.windows.number, funnel.windows.seconds) == (4, 24.0)
    assert (funnel.kept.number, funnel.kept.seconds) == (1, 6.0)
    assert {name: gone.number for name, gone in funnel.dropped.items()} == {
        "several": 2,
        "duplicate": 1,
    }


def test_a_short_shot_is_no_window():
    funnel = Funnel()
    funnel.count(window("short", seconds=2.0), 10.0)
    assert funnel.windows.number == 0
    assert funnel.dropped["short"].seconds == 2.0


def test_what_went_in_comes_out_or_is_dropped():
    funnel = Funnel()
    for reasons in ((), ("still",), ("silent", "still"), ("small_person",), (), ("cut_off",)):
        funnel.count(window(*reasons), 10.0)
    dropped = sum(gone.number for gone in funnel.dropped.values())
    assert funnel.windows.number == funnel.kept.number + dropped


def test_rows_are_in_the_order_of_the_rules():
    funnel = Funnel(found=3)
    for reason in reversed(REASONS):
        funnel.count(window(reason), 10.0)
    funnel.count(window(), 10.0)
    rows = [text.strip() for text, _, _ in funnel.rows()]
    expected = ["videos found", "videos read", "shots", REASONS["short"], "windows"]
    expected += [text for name, text in REASONS.items() if name != "short"]
    assert rows == [*expected, "clips kept"]
    numbers = {text.strip(): (number, hours) for text, number, hours in funnel.rows()}
    assert numbers["nobody"] == (-1, pytest.approx(-6 / 3600))
    assert numbers["windows"] == (len(REASONS), pytest.approx(6 * len(REASONS) / 3600))
    assert numbers["clips kept"] == (1, pytest.approx(6 / 3600))


def test_rules_that_dropped_nothing_have_no_row_and_windows_always_have_one():
    assert [text for text, *_ in Funnel().rows()] == [
        "videos found", "videos read", "shots", "windows", "clips kept",
    ]  # fmt: skip


def test_the_summary_is_json_with_keys_that_the_report_reads():
    funnel = Funnel(found=2, made=1, test_clips=1)
    funnel.read.add(61.23456)
    funnel.count(window("still"), 10.0)
    funnel.count(window(), 10.0)
    summary = json.loads(json.dumps(funnel.summary(), allow_nan=False))
    assert summary == {
        "videos": 2,
        "read": {"number": 1, "seconds": 61.235},
        "shots": {"number": 0, "seconds": 0.0},
        "windows": {"number": 2, "seconds": 12.0},
        "kept": {"number": 1, "seconds": 6.0},
        "distinct_seconds": 0.0,
        "dropped": {"still": {"number": 1, "seconds": 6.0}},
        "made": 1,
        "test_clips": 1,
        "remarks": [],
        "unused_labels": [],
        "failed": [],
    }


def test_failures_and_remarks_are_listed_and_said():
    funnel, listener = Funnel(), Listener()
    funnel.note_failure(Path("a.mp4"), UnsuitableInput("a.mp4: cut off"), listener)
    funnel.note_failure(Path("b.mp4"), "a link that leads nowhere", listener)
    funnel.note_failure(Path("c.mp4"), ZeroDivisionError("division by zero"), listener)
    funnel.note_remark(Path("d.mp4"), "its sound cannot be decoded", listener)
    assert funnel.failed == [
        {"file": "a.mp4", "reason": "cut off"},
        {"file": "b.mp4", "reason": "a link that leads nowhere"},
        {"file": "c.mp4", "reason": "unexpected ZeroDivisionError: division by zero"},
    ]
    assert funnel.remarks == [{"file": "d.mp4", "remark": "its sound cannot be decoded"}]
    assert listener.warned[0] == "a.mp4: cut off"
    assert listener.said == ["d.mp4: its sound cannot be decoded"]


@pytest.mark.parametrize(
    "error",
    [MissingAsset("no ffmpeg"), OutOfResources("disk"), BadUsage("flag"), OSError(28, "full"),
     MemoryError()],
)  # fmt: skip
def test_what_would_befall_every_video_ends_the_run(error):
    funnel = Funnel()
    with pytest.raises(type(error)):
        funnel.note_failure(Path("a.mp4"), error, Listener())
    assert funnel.failed == []


def test_the_funnel_is_told_line_by_line():
    funnel, listener = Funnel(found=2, made=1), Listener()
    funnel.read.add(3600)
    for _ in range(3):
        funnel.count(window(), 10.0)
    funnel.tell(listener)
    assert listener.said[0].split() == ["videos", "found", "2"]
    assert listener.said[1].split() == ["videos", "read", "1", "1.000", "h"]
    assert listener.said[-1] == (
        "1 made now, 2 there already; 0 of the clips are for testing; 0 videos failed"
    )
    assert not any("nan" in line for line in listener.said)


def test_a_run_with_failed_videos_ends_with_exit_code_5_and_names_three():
    assert failure({"failed": []}) is None
    assert failure({}) is None
    items = [{"file": f"{n}.mp4", "reason": "?"} for n in range(5)]
    error = failure({"failed": items})
    assert isinstance(error, SomeItemsFailed) and error.exit_code == 5
    assert error.what == "5 items failed: 0.mp4, 1.mp4, 2.mp4 and 2 more"
    assert "report" in error.hint


def test_overlap_and_labels_for_nothing_are_told():
    funnel, listener = Funnel(overlap=0.5, distinct_seconds=12.0), Listener()
    funnel.count(window(seconds=16.0), 10.0)
    funnel.note_labels([f"{n}.mp4" for n in range(12)], Path("labels.csv"), listener)
    funnel.tell(listener)
    assert "clips of one shot overlap (--overlap 0.5): 16 s of clips show 12 s of video" in (
        "\n".join(listener.said)
    )
    (warning,) = listener.warned
    assert "labels.csv: no video is called 0.mp4" in warning and "(12 rows)" in warning
    assert len(funnel.summary()["unused_labels"]) == 12
    Funnel().tell(alone := Listener())
    assert not any("overlap" in line for line in alone.said)


def test_clips_that_capture_turns_down_were_made_all_the_same():
    funnel, listener = Funnel(), Listener()
    clips = [window() for _ in range(4)]
    for one in clips:
        funnel.count(one, 10.0)
    funnel.made = 3
    for one in clips[:2]:
        one.reasons.append("capture")
        funnel.turn_down(one, 10.0)
    funnel.tell(listener)
    assert "3 made now, 1 there already" in listener.said[-1]
    assert funnel.kept.number == 2 and funnel.dropped["capture"].number == 2
