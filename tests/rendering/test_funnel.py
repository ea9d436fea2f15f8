"""The funnel of render: what was found, left out, made and there already, and how it is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from listener import Listener

from pipelines.rendering.funnel import Funnel, failure
from pipelines.support.errors import MissingAsset, SomeItemsFailed, UnsuitableInput


def told(funnel: Funnel) -> list[str]:
    listener = Listener()
    funnel.tell(listener)
    return listener.said


def test_the_whole_funnel_in_a_line():
    funnel = Funnel(
        dances=5, read=4, seconds=90.0, too_short=["a.npz"], made=["x", "y"], there=["z"],
        clip_seconds=24.0, failed=[{"file": "b.npz", "reason": "?"}],
    )  # fmt: skip
    assert told(funnel) == [
        "left out: a.npz: shorter than a window of 5 s",
        "5 dances -> 4 read (1.5 min) -> 3 long enough -> 3 clips (0.4 min): 2 made, "
        "1 there already",
        "1 dances failed, 0 files left out",
    ]


def test_every_file_left_out_is_told_with_its_reason():
    lines = told(Funnel(skipped=["a.fbx: no reader for .fbx; export it as BVH"]))
    assert lines[0] == "left out: a.fbx: no reader for .fbx; export it as BVH"
    assert lines[-1] == "0 dances failed, 1 files left out"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "(0.0 min)"), (89, "(1.5 min)"), (5999, "(100.0 min)"), (6000, "(1.7 h)"),
     (360_000, "(100.0 h)")],
)  # fmt: skip
def test_lengths_are_minutes_up_to_a_hundred_and_hours_from_there(seconds, said):
    assert f"0 read {said} ->" in told(Funnel(seconds=seconds))[0]


def test_the_summary_is_json_with_the_keys_of_the_run_record():
    funnel = Funnel(dances=1, read=1, seconds=10.123456, made=["x"], clip_seconds=7.0004999)
    assert json.loads(json.dumps(funnel.summary(), allow_nan=False)) == {
        "dances": 1, "skipped": [], "read": 1, "seconds": 10.123, "too_short": [], "silent": [],
        "made": ["x"], "there": [], "clip_seconds": 7.0, "failed": [],
    }  # fmt: skip


def test_an_empty_funnel_counts_nothing():
    assert not any(Funnel().summary().values())


def test_funnels_do_not_share_their_lists():
    Funnel().made.append("x")
    assert Funnel().made == [] == Funnel().failed


def test_failures_are_listed_once_by_file_and_reason():
    funnel, listener = Funnel(), Listener()
    funnel.note_failure(Path("a.npz"), UnsuitableInput("a.npz: holds no frames"), listener)
    assert funnel.failed == [{"file": "a.npz", "reason": "holds no frames"}]
    assert listener.warned == ["a.npz: holds no frames"]
    with pytest.raises(MissingAsset):
        funnel.note_failure(Path("b.npz"), MissingAsset("no ffmpeg"), listener)
    assert len(funnel.failed) == 1


def test_a_run_with_failed_dances_ends_with_exit_code_5():
    assert failure(Funnel(dances=3).summary()) is None
    failed = [{"file": f"{n}.npz", "reason": "?"} for n in range(4)]
    error = failure(Funnel(dances=9, failed=failed).summary())
    assert isinstance(error, SomeItemsFailed) and error.exit_code == 5
    assert error.what == "4 of 9 dances failed: 0.npz, 1.npz, 2.npz and 1 more"
    assert "the run's record" in error.hint
