"""Own options of training: what they share with others is declared alike."""

import pytest

from pipelines.motion_expert.infinitedance.clock import Span
from pipelines.motion_expert.infinitedance.training_options import InfiniteDanceTrainingOptions
from pipelines.motion_expert.training.settings import own_options
from pipelines.support.errors import BadUsage
from pipelines.support.options import declared, distinct, identity


def test_they_can_stand_beside_those_of_every_expert():
    names = {one.name for one in distinct([*own_options(), InfiniteDanceTrainingOptions])}
    own = {one.name for one in declared(InfiniteDanceTrainingOptions)}
    assert own <= names
    assert own == {
        "tokenizer", "retrieval", "llama", "dance_window", "bridge_steps", "references",
        "token_inputs", "fusion", "band_edge", "cadence_experts", "in_step", "music_features",
    }  # fmt: skip


def test_windows_are_whole_cells():
    assert InfiniteDanceTrainingOptions(dance_window=192).whole_window() == Span(16)
    with pytest.raises(BadUsage, match="--dance-window 200: is no multiple of 12") as refused:
        InfiniteDanceTrainingOptions(dance_window=200).whole_window()
    assert "use 204" in refused.value.hint


def test_only_stages_that_hear_music_hear_it_by_a_recipe():
    own = InfiniteDanceTrainingOptions(music_features="muq")
    assert [own.recipe(stage) for stage in ("retrieval", "generator")] == ["muq", "muq"]
    for stage in ("tokenizer", "evaluator"):
        with pytest.raises(BadUsage, match="--music-features muq means nothing to --stage"):
            own.recipe(stage)
        assert InfiniteDanceTrainingOptions().recipe(stage) == ""


def test_an_option_that_came_later_makes_no_other_run_of_an_older_one():
    assert "music_features" not in identity(InfiniteDanceTrainingOptions())
    given = InfiniteDanceTrainingOptions(music_features="bailando55")
    assert identity(given)["music_features"] == "bailando55"


@pytest.mark.parametrize(
    ("stage", "given", "flag"),
    [("evaluator", {"init": "run"}, "--init"), ("retrieval", {"swap_timbre": 0.5}, "--swap-timbre"),
     ("tokenizer", {"in_step": True}, "--in-step")],
)  # fmt: skip
def test_what_a_stage_does_not_heed_is_refused(stage, given, flag):
    own = InfiniteDanceTrainingOptions(in_step=given.get("in_step", False))
    asked = (given.get("init", ""), given.get("swap_timbre", 0.0))
    with pytest.raises(BadUsage, match=f"{flag} means nothing to --stage {stage}"):
        own.check_stage(stage, *asked)
    own.check_stage("generator", *asked)
