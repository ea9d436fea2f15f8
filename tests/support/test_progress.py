"""Listeners of a pipeline: the silent one takes everything that a listener is told."""

from __future__ import annotations

import pytest

from pipelines.support.progress import SILENT, Progress, Silent


def told(progress: Progress) -> int:
    """A pipeline in short: stages within stages, remarks, and a result that does not depend on
    who listens."""
    total = 0
    with progress.stage("outer", 2, "songs") as outer:
        for _ in range(2):
            with progress.stage("inner") as inner:
                for amount in (1, 0.5):
                    total += 1
                    inner(amount)
            outer(1)
    progress.say("half of it")
    progress.warn("not what you may expect")
    return total


class Recorder:
    """A listener that writes down what it hears."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def stage(self, name, total=None, unit=""):
        self.heard.append(f"stage {name} {total} {unit}")
        return Silent().stage(name, total, unit)

    def say(self, message: str) -> None:
        self.heard.append(f"say {message}")

    def warn(self, message: str) -> None:
        self.heard.append(f"warn {message}")


def test_silent_hears_nothing_and_changes_nothing(capsys):
    recorder = Recorder()
    assert told(SILENT) == told(Silent()) == told(recorder) == 4
    assert capsys.readouterr() == ("", "")
    assert recorder.heard == [
        "stage outer 2 songs", "stage inner None ", "stage inner None ", "say half of it",
        "warn not what you may expect",
    ]  # fmt: skip


def test_errors_leave_a_silent_stage_as_they_are():
    with pytest.raises(KeyError, match="song"), SILENT.stage("work", 3):
        raise KeyError("song")


def test_a_stage_can_be_moved_on_without_end_and_backwards():
    with SILENT.stage("work", 1) as advance:
        assert advance(5) is None
        assert advance(-1.5) is None
