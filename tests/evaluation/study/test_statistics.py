"""A preference that simulated people have is found again, with an interval that holds it."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.evaluation.items import Item
from pipelines.evaluation.sets import Sets
from pipelines.evaluation.study.answers import Answer, Rater
from pipelines.evaluation.study.design import design
from pipelines.evaluation.study.statistics import agreement, mean_ratings, win_rates

CRITERIA = ("quality", "creativity")


def study(clips: int = 20):
    items = [Item(str(number), __file__) for number in range(clips)]  # type: ignore[arg-type]
    return design(Sets({"ours": items, "theirs": items}, items), 99, 4, 0, "salt")


def panel(made, people: int, seed: int, grades=None):
    """People who prefer ours to theirs in 70 % of pairs, and the truth to both in 90 %."""
    random = np.random.default_rng(seed)
    likes = {("ours", "theirs"): 0.7, ("ours", "truth"): 0.1, ("theirs", "truth"): 0.1}
    grades = grades or {"ours": 3.6, "theirs": 2.8, "truth": 4.4}
    raters = []
    for number in range(people):
        answers = []
        for name, pair in made.pairs.items():
            seen = {made.clips[clip].system: clip for clip in (pair.one, pair.other)}
            if pair.group == "catch":
                answers.append(Answer(name, pair.one, pair.other, {pair.one: {}, pair.other: {}}))
                continue
            one, other = sorted(seen)
            first = random.random() < likes[one, other]
            rated = {clip: {key: int(np.clip(round(random.normal(grades[system], 0.6)), 1, 5))
                            for key in CRITERIA} for system, clip in seen.items()}  # fmt: skip
            chosen = seen[one if first else other]
            answers.append(Answer(name, chosen, seen[other if first else one], rated))
        raters.append(Rater(__file__, "s", str(number), "", True, answers))  # type: ignore[arg-type]
    return raters


def test_the_true_preference_and_the_true_ratings_lie_in_their_intervals():
    made = study()
    people = panel(made, 30, seed=1)
    wins = win_rates(people, made, seed=0)
    found = wins["ours"]["theirs"]
    assert found["n"] == 30 * 20
    assert found["low"] < 0.7 < found["high"] and found["high"] - found["low"] < 0.15
    assert found["low"] > 0.5, "the preference can be told"
    assert wins["theirs"]["ours"]["value"] == pytest.approx(1 - found["value"])
    assert wins["truth"]["theirs"]["value"] == pytest.approx(0.9, abs=0.04)
    means = mean_ratings(people, made, CRITERIA, seed=0)
    assert means["ours"]["quality"]["value"] == pytest.approx(3.6, abs=0.05)
    assert means["truth"]["creativity"]["n"] == 30 * 40
    assert list(means) == ["ours", "theirs", "truth"]


def test_intervals_hold_the_truth_as_often_as_they_promise():
    made = study(6)
    hits = sum(
        found["low"] <= 0.7 <= found["high"]
        for found in (
            win_rates(panel(made, 8, seed), made, seed)["ours"]["theirs"] for seed in range(30)
        )
    )
    assert hits >= 27


def test_agreement_is_high_where_all_say_the_same_and_nought_by_chance():
    made = study(15)
    same = panel(made, 1, seed=3) * 5
    found = agreement(same, made, CRITERIA)
    assert found["choice"]["alpha"] == pytest.approx(1) and found["choice"]["equal"] == 1
    assert found["quality"]["alpha"] == pytest.approx(1)
    likewise = {"ours": 3.0, "theirs": 3.0, "truth": 3.0}
    found = agreement(panel(made, 12, seed=4, grades=likewise), made, CRITERIA)
    assert abs(found["creativity"]["alpha"]) < 0.06
    assert 0.3 < found["choice"]["alpha"] < 0.9


def test_nothing_said_of_a_system_is_none():
    made = study(3)
    (person,) = panel(made, 1, seed=0)
    only = [a for a in person.answers if made.pairs[a.pair].group == "ours / theirs"]
    someone = Rater(person.file, "s", "x", "", False, only)
    assert win_rates([someone], made, 0)["truth"] == {}
    assert mean_ratings([someone], made, CRITERIA, 0)["truth"]["quality"]["value"] is None
    assert agreement([someone], made, CRITERIA)["choice"] == {"alpha": None, "equal": None}
