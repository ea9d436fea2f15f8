"""What `evaluate` can refuse before it reads a file, and what follows from its options."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.evaluation.protocols.table import PROTOCOLS
from pipelines.evaluation.settings import EvaluateConfig
from pipelines.support.errors import BadUsage
from pipelines.support.options import declared

GOOD = EvaluateConfig("motion-3d", Path("a"), Path("b"))


def hint_of(config):
    with pytest.raises(BadUsage) as caught:
        config.validate()
    return f"{caught.value.what} | {caught.value.hint}"


def test_what_is_right_is_returned():
    assert GOOD.validate() is GOOD
    for name, row in PROTOCOLS.items():
        for profile in row.profiles:
            made = replace(GOOD, protocol=name, profile=profile)
            if row.asks_people:
                made = replace(made, pred=None, compare=("ours=a", "theirs=b"))
            made.validate()


def test_windows_are_for_profiles_that_can():
    replace(GOOD, window=5.0).validate()
    says = "--window is for --protocol motion-3d with --profile strict"
    for changes in ({"profile": "lodge"}, {"protocol": "motion-appearance"}):
        assert hint_of(replace(GOOD, window=5.0, **changes)).startswith(says)


def test_genres_are_recognised_in_3d_dances():
    given = replace(GOOD, genre_classifier=Path("c"))
    for profile in PROTOCOLS["motion-3d"].profiles:
        replace(given, profile=profile).validate()
    for protocol in ("motion-appearance", "animation"):
        found = hint_of(replace(given, protocol=protocol))
        assert found.startswith("--genre-classifier is for --protocol motion-3d")
        found = hint_of(replace(GOOD, contrastive_evaluator=Path("c"), protocol=protocol))
        assert found.startswith("--contrastive-evaluator is for --protocol motion-3d")


def test_the_genre_classifier_that_ships_is_called_so():
    from pipelines.metrics.genre.folder import SHIPPED

    assert replace(GOOD, genre_classifier=Path("shipped")).classifier_folder() == SHIPPED
    assert replace(GOOD, genre_classifier=Path("c")).classifier_folder() == Path("c")
    assert GOOD.classifier_folder() is None


def test_profiles_belong_to_protocols():
    found = hint_of(replace(GOOD, profile="mace2d-official"))
    assert found == (
        "--profile mace2d-official: not for --protocol motion-3d | "
        "choose strict, mace3d-official, megadance, lodge, infinitedance, bailando, mint"
    )
    found = hint_of(replace(GOOD, protocol="animation", profile="lodge"))
    assert found.startswith("--profile lodge: the animation protocol has none | its conventions")
    assert "--video-frames" in found


def test_animation_wants_recordings():
    found = hint_of(replace(GOOD, protocol="animation", truth=None))
    assert found == "--protocol animation compares frame by frame | add --truth FOLDER"
    replace(GOOD, truth=None).validate()


@pytest.mark.parametrize("compare", [("a=x",), ("a=x", "b"), ("=x", "b=y"), ("a=", "b=y")])
def test_two_named_folders_are_compared(compare):
    assert "two named folders" in hint_of(replace(GOOD, pred=None, compare=compare))


@pytest.mark.parametrize("compare", [("a=x", "a=y"), ("truth=x", "b=y")])
def test_names_of_systems_are_told_apart(compare):
    assert "must differ" in hint_of(replace(GOOD, pred=None, compare=compare))


def test_systems_by_name():
    assert GOOD.systems() == {"pred": Path("a")}
    both = replace(GOOD, pred=None, compare=("ours=x/y", "theirs=a=b"))
    assert both.validate().systems() == {"ours": Path("x/y"), "theirs": Path("a=b")}
    assert "either" in hint_of(replace(both, pred=Path("a")))


def test_models_go_in_pairs():
    assert GOOD.pose_models() is None
    both = replace(GOOD, person_detector="d", pose_model="p")
    assert both.validate().pose_models() == ("d", "p")
    assert "--person-detector" in hint_of(replace(both, pose_model=None))


def test_targets_have_their_suffix_and_are_not_written_over(tmp_path):
    table = tmp_path / "t.tex"
    asked = replace(GOOD, latex=table, csv=tmp_path / "t.csv")
    assert asked.validate().targets() == [("latex", table), ("csv", tmp_path / "t.csv")]
    assert "must end in .md" in hint_of(replace(GOOD, markdown=table))
    table.touch()
    assert hint_of(asked) == f"{table} exists | add --force to replace it, or change --latex"
    replace(asked, force=True).validate()


def test_choices_are_the_tables():
    choices = {one.name: one.choices for one in declared(EvaluateConfig)}
    assert choices["protocol"] == tuple(PROTOCOLS)
    assert set(choices["profile"]) == {p for row in PROTOCOLS.values() for p in row.profiles}


STUDY = replace(GOOD, protocol="user-study", pred=None, truth=None, compare=("a=x", "b=y"))


def test_a_study_compares_several_and_knows_the_truth_by_its_name():
    several = replace(STUDY, compare=("a=x", "b=y", "truth=z", "c=w")).validate()
    assert several.systems() == {"a": Path("x"), "b": Path("y"), "c": Path("w")}
    assert several.recordings() == Path("z")
    one = replace(STUDY, compare=("a=x",), truth=Path("t")).validate()
    assert (list(one.systems()), one.recordings()) == (["a"], Path("t"))
    judged = replace(STUDY, compare=(), ratings=(Path("1.json"),))
    assert judged.validate() is judged


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"compare": ()}, "a study compares two or more"),
        ({"compare": ("a=x",)}, "a study compares two or more"),
        ({"compare": ("a=x", "a=y")}, "names must differ"),
        ({"compare": ("truth=x", "a=y"), "truth": Path("t")}, "names must differ"),
        ({"compare": ("a=x", "b")}, "not named folders"),
        ({"pred": Path("p")}, "--pred: a study compares"),
        ({"ratings": (Path("1.json"),)}, "--ratings goes without --compare"),
        ({"profile": "lodge"}, "the user-study protocol has none"),
        ({"trials": 0}, "--trials 0"),
    ],
)
def test_studies_that_cannot_be(changes, says):
    assert says in hint_of(replace(STUDY, **changes))


def test_answers_belong_to_a_study():
    assert "--ratings is for --protocol user-study" in hint_of(
        replace(GOOD, ratings=(Path("1.json"),))
    )
