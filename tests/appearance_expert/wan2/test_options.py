"""What can be asked of Wan-Animate-2."""

import pytest

from pipelines.appearance_expert.wan2.options import Wan2Options
from pipelines.support.errors import BadUsage


@pytest.mark.parametrize("profile", ["auto", "80gb", "cpu"])
def test_it_lies_on_the_card_as_a_whole(profile):
    options = Wan2Options(profile=profile)
    assert options.validate() is options


@pytest.mark.parametrize(
    ("change", "says"),
    [({"profile": "24gb"}, "--profile 24gb means nothing to --appearance wan2"),
     ({"profile": "8gb"}, "--profile 8gb: unknown"),
     ({"wan_sampling_steps": 0}, "--wan-sampling-steps 0"), ({"prompt": " "}, "--prompt is empty")],
    ids=str,
)  # fmt: skip
def test_what_it_does_not_know_is_refused_by_name(change, says):
    with pytest.raises(BadUsage, match=says):
        Wan2Options(**change).validate()


def test_steps_are_left_to_the_kind_of_weights():
    assert Wan2Options().wan_sampling_steps is None
