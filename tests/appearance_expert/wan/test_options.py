"""What can be asked of Wan-Animate: one declaration for all that are called like it."""

from typing import get_args

from pipelines.appearance_expert.interface import WAN
from pipelines.appearance_expert.wan import options
from pipelines.appearance_expert.wan.config import WanConfig
from pipelines.appearance_expert.wan.options import DANCING, FACE_POLICIES, FacePolicy
from pipelines.appearance_expert.wan.profiles import NAMES
from pipelines.support.options import declared

KNOWN = {one.name: one for one in declared(WanConfig)}


def test_they_stand_under_one_heading():
    assert {one.option.panel for one in KNOWN.values()} == {WAN}


def test_profiles_are_those_that_there_are():
    assert KNOWN["profile"].choices == NAMES


def test_only_the_place_of_an_adapter_names_no_run():
    assert [one.name for one in KNOWN.values() if one.option.named is False] == ["adapter"]


def test_the_prompt_is_the_papers_and_the_face_the_pictures():
    assert (KNOWN["prompt"].default, KNOWN["face"].default) == (DANCING, "neutral")
    assert get_args(FacePolicy) == FACE_POLICIES


def test_another_default_is_the_same_option():
    few, many = options.sampling_steps(4), options.sampling_steps()
    assert few.metadata == many.metadata and (few.default, many.default) == (4, 20)
