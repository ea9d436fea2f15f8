"""What is asked of making a library."""

import pytest

from pipelines.motion_expert.library.making_options import LibraryMakingOptions
from pipelines.support.errors import BadUsage


def test_a_negative_speed_is_refused_by_its_option():
    assert LibraryMakingOptions().validate().lively == 0.35
    with pytest.raises(BadUsage, match="--lively -1"):
        LibraryMakingOptions(lively=-1.0).validate()
