"""Whose answers count: attention, doubles, other studies, files that are broken or cut short."""

from __future__ import annotations

import json

import pytest

from pipelines.evaluation.items import Item
from pipelines.evaluation.sets import Sets
from pipelines.evaluation.study.answers import read_answers, sorted_out, study_of
from pipelines.evaluation.study.design import design
from pipelines.support.errors import UnsuitableInput

LIKES = {"ours": 1.6, "theirs": 0.0}


@pytest.fixture
def study():
    items = [Item(str(number), __file__) for number in range(6)]  # type: ignore[arg-type]
    return design(Sets({"ours": items, "theirs": items}, []), 40, 6, 0, "salt")


def sort(files, study, unfinished=False):
    return sorted_out(read_answers(files), "s", study, unfinished)


def test_somebody_attentive_counts(study, answered):
    panel = sort([answered("s", study, LIKES)], study)
    (rater,) = panel.raters
    assert (rater.caught, rater.catches, len(rater.answers)) == (6, 6, 12)
    assert panel.excluded == panel.unusable == {}
    chosen = [study.clips[answer.chosen].system for answer in rater.answers]
    assert chosen.count("ours") >= 6


def test_who_clicks_at_random_does_not(study, answered):
    files = [answered("s", study, LIKES, seed=seed, careless=True) for seed in range(40)]
    panel = sort(files, study)
    assert len(panel.raters) <= 6
    assert "inattentive: saw through" in next(iter(panel.excluded.values()))


def test_one_slip_in_six_is_forgiven_and_two_are_not(study, answered):
    file = answered("s", study, LIKES)
    content = json.loads(file.read_text())
    catches = [one for one in content["answers"] if study.pairs[one["pair"]].group == "catch"]
    for slips, counts in ((1, True), (2, False)):
        # An equal quality is a slip, even where the choice is right.
        catches[slips - 1]["ratings"] = {side: {"quality": 3} for side in ("left", "right")}
        file.write_text(json.dumps(content))
        assert bool(sort([file], study).raters) == counts


def test_half_finished_answers_wait_for_the_flag_and_need_two_catch_pairs(study, answered):
    files = [answered("s", study, LIKES, seed=n, pairs=n) for n in (6, 1, 0)]
    panel = sort(files, study)
    assert panel.raters == []
    assert panel.excluded[str(files[0])] == "unfinished: 6 of 12 pairs (--unfinished counts it)"
    panel = sort(files, study, unfinished=True)
    assert [rater.file for rater in panel.raters] == files[:1]
    assert "too few to tell whether attention" in panel.excluded[str(files[1])]


def test_of_one_person_the_fullest_file_counts_then_the_latest(study, answered):
    half = answered("s", study, LIKES, pairs=5)
    whole = answered("s", study, LIKES, saved="2026-11-30T01:00:00Z")
    later = answered("s", study, LIKES, saved="2026-11-30T02:00:00Z")
    other = answered("s", study, LIKES, seed=9, code="r0")
    panel = sort([half, whole, later, other], study)
    assert [rater.file for rater in panel.raters] == [later]
    assert set(panel.excluded) == {str(half), str(whole), str(other)}
    assert panel.excluded[str(half)] == f"r0 answered twice; {later.name} counts"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda text: text[:200], "not JSON, or cut short"),
        (lambda text: "[1]", "no answers of a study's page"),
        (lambda text: text.replace("user study 1", "user study 9"), "no answers of a study's page"),
        (lambda text: text.replace('"choice": "left"', '"choice": "middle"'), "damaged"),
        (lambda text: text.replace('"quality": ', '"quality": 1'), "outside of 1 to 5"),
        (lambda text: text.replace('"answers"', '"replies"'), "damaged"),
        (lambda text: text.replace('"study": "s"', '"study": "t"'), "of another study, t"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_and_costs_no_other(study, answered, change, says):
    good, bad = (answered("s", study, LIKES, seed=seed) for seed in range(2))
    bad.write_text(change(bad.read_text()))
    panel = sort([good, bad, bad.with_name("none.json")], study)
    assert [rater.file for rater in panel.raters] == [good]
    assert says in panel.unusable[str(bad)]
    assert panel.unusable[str(bad.with_name("none.json"))] == "no such file or directory"


def test_answers_to_pairs_that_are_not_asked(study, answered):
    bad, twice = answered("s", study, LIKES), answered("s", study, LIKES, seed=1)
    content = json.loads(bad.read_text())
    content["answers"][0]["pair"] = "0" * 12
    bad.write_text(json.dumps(content))
    content = json.loads(twice.read_text())
    content["answers"].append(content["answers"][0])
    twice.write_text(json.dumps(content))
    panel = sort([bad, twice], study)
    assert "pairs that the study does not have" in panel.unusable[str(bad)]
    assert "answered twice" in panel.unusable[str(twice)]


def test_the_study_is_that_of_most_files(study, answered, tmp_path):
    files = [answered(name, study, LIKES, seed=seed) for seed, name in enumerate("sst")]
    assert study_of(read_answers(files)) == "s"
    with pytest.raises(UnsuitableInput, match="as many files of"):
        study_of(read_answers(files[1:]))
    with pytest.raises(UnsuitableInput, match="no answers in 1 files"):
        study_of(read_answers([tmp_path / "none.json"]))
