"""The files that came back: whose answers count, and whose do not, and why.

Every file that is left out is named with its reason; none is changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipelines.evaluation.study.design import CATCH, Design
from pipelines.evaluation.study.page import FORMAT, GRADES
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import read_json

ATTENTIVE = 0.8
"""Share of the catch pairs that a person has to see through: one slip in six is forgiven. Of people
who click at random, but grade as they choose, one in twenty gets so far."""
_FEWEST_CATCHES = 2
"""Catch pairs that somebody who stopped must have answered, for attention to be told."""


@dataclass(frozen=True)
class Answer:
    """What a person said of one pair.

    Attributes:
        pair: its id. chosen, other: ids of the preferred clip, and of the one that is not.
        ratings: 1 to 5 by clip and criterion.
    """

    pair: str
    chosen: str
    other: str
    ratings: dict[str, dict[str, int]]


@dataclass(frozen=True)
class Rater:
    """A person's answers.

    Attributes:
        file: where they stand. study: of which study.
        who: a code that the person was given, or letters of chance.
        saved: when, as ISO text in UTC. finished: whether all pairs were answered.
        caught, catches: how many of the catch pairs were seen through, of how many.
    """

    file: Path
    study: str
    who: str
    saved: str
    finished: bool
    answers: list[Answer]
    caught: int = 0
    catches: int = 0


@dataclass
class Panel:
    """Who counts, and by file why others do not."""

    raters: list[Rater] = field(default_factory=list)
    excluded: dict[str, str] = field(default_factory=dict)
    unusable: dict[str, str] = field(default_factory=dict)


def read_answers(files: Sequence[Path]) -> Panel:
    """All files that can be read; the others stand in `unusable`."""
    panel = Panel()
    for file in files:
        try:
            panel.raters.append(_read(file))
        except UnsuitableInput as error:
            panel.unusable[str(file)] = error.what.removeprefix(f"{file}: ")
    return panel


def study_of(panel: Panel) -> str:
    """The study that most of the files are of.

    Raises UnsuitableInput: no file can be read, or two studies have as many.
    """
    counts = Counter(rater.study for rater in panel.raters).most_common(2)
    if not counts:
        first = next(iter(panel.unusable.items()))
        raise UnsuitableInput(
            f"--ratings: no answers in {len(panel.unusable)} files ({first[0]}: {first[1]})",
            "they are what the study's page saves at its end",
        )
    if len(counts) == 2 and counts[0][1] == counts[1][1]:
        raise UnsuitableInput(
            f"--ratings: as many files of {counts[0][0]} as of {counts[1][0]}",
            "give those of one study",
        )
    return counts[0][0]


def sorted_out(panel: Panel, study: str, design: Design, unfinished: bool) -> Panel:
    """Whose answers count for a study.

    Args:
        unfinished: whether people count who stopped before the end.
    """
    kept = Panel(excluded=dict(panel.excluded), unusable=dict(panel.unusable))
    own = []
    for rater in panel.raters:
        if rater.study != study:
            kept.unusable[str(rater.file)] = f"of another study, {rater.study}"
        elif wrong := _wrong(rater, design):
            kept.unusable[str(rater.file)] = wrong
        else:
            own.append(rater)
    for rater in _one_each(own, kept):
        caught, catches = _attention(rater, design)
        reason = _reason(rater, caught, catches, design, unfinished)
        if reason:
            kept.excluded[str(rater.file)] = reason
        else:
            kept.raters.append(replace(rater, caught=caught, catches=catches))
    return kept


def _read(file: Path) -> Rater:
    try:
        found = read_json(file)
    except OSError as error:
        raise UnsuitableInput(f"{file}: {(error.strerror or 'unreadable').lower()}") from error
    except ValueError as error:
        raise UnsuitableInput(f"{file}: not JSON, or cut short") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise UnsuitableInput(f"{file}: no answers of a study's page")
    try:
        answers = [_answer(one) for one in found["answers"]]
        who = str(found["code"]).strip() or str(found["rater"])
        saved, study = str(found["saved"]), str(found["study"])
        return Rater(file, study, who, saved, bool(found["finished"]), answers)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnsuitableInput(f"{file}: damaged ({type(error).__name__}: {error})") from error


def _answer(one: dict[str, Any]) -> Answer:
    sides = {"left": str(one["left"]), "right": str(one["right"])}
    choice = one["choice"]
    if choice not in sides:
        raise ValueError(f"choice {choice!r}")
    ratings: dict[str, dict[str, int]] = {}
    for side, clip in sides.items():
        grades = {str(key): int(grade) for key, grade in one["ratings"][side].items()}
        if not all(1 <= grade <= len(GRADES) for grade in grades.values()):
            raise ValueError(f"a rating outside of 1 to {len(GRADES)}")
        ratings[clip] = grades
    other = sides["right" if choice == "left" else "left"]
    return Answer(str(one["pair"]), sides[choice], other, ratings)


def _wrong(rater: Rater, design: Design) -> str:
    """What does not fit the study; "" for nothing."""
    seen = [answer.pair for answer in rater.answers]
    if len(set(seen)) < len(seen):
        return "damaged: a pair is answered twice"
    for answer in rater.answers:
        pair = design.pairs.get(answer.pair)
        if pair is None or {pair.one, pair.other} != {answer.chosen, answer.other}:
            return "damaged: it answers pairs that the study does not have"
    return ""


def _one_each(raters: Sequence[Rater], kept: Panel) -> list[Rater]:
    """Of several files of one person the fullest, and of those the latest."""
    best: dict[str, Rater] = {}
    for rater in sorted(raters, key=lambda one: (len(one.answers), one.saved), reverse=True):
        if rater.who in best:
            file = best[rater.who].file
            kept.excluded[str(rater.file)] = f"{rater.who} answered twice; {file.name} counts"
        else:
            best[rater.who] = rater
    chosen = {id(rater) for rater in best.values()}
    return [rater for rater in raters if id(rater) in chosen]


def _attention(rater: Rater, design: Design) -> tuple[int, int]:
    """Catch pairs in which the whole clip was preferred and its quality rated higher, of all."""
    caught = catches = 0
    for answer in rater.answers:
        if design.pairs[answer.pair].group != CATCH:
            continue
        catches += 1
        whole, broken = answer.chosen, answer.other
        quality = [answer.ratings[clip].get("quality", 0) for clip in (whole, broken)]
        caught += not design.clips[whole].distorted and quality[0] > quality[1]
    return caught, catches


def _reason(rater: Rater, caught: int, catches: int, design: Design, unfinished: bool) -> str:
    """Why somebody's answers do not count; "" where they do."""
    there = any(pair.group == CATCH for pair in design.pairs.values())
    if not rater.finished:
        stopped = f"unfinished: {len(rater.answers)} of {design.trials} pairs"
        if not unfinished:
            return f"{stopped} (--unfinished counts it)"
        if not rater.answers or (there and catches < _FEWEST_CATCHES):
            return f"{stopped}, too few to tell whether attention was paid"
    if catches and caught < ATTENTIVE * catches:
        return f"inattentive: saw through {caught} of {catches} distorted dances"
    return ""
