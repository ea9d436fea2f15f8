"""What may be asked of MEGADance."""

import pytest

from pipelines.motion_expert.megadance.options import MegaDanceOptions
from pipelines.support.errors import BadUsage


def test_the_defaults_hold():
    assert MegaDanceOptions().validate() == MegaDanceOptions(1.0, 0)


@pytest.mark.parametrize(
    ("changes", "said"), [({"temperature": -1.0}, "--temperature -1"), ({"top_k": -1}, "--top-k")]
)
def test_what_cannot_be_is_refused_by_its_flag(changes, said):
    with pytest.raises(BadUsage, match=said):
        MegaDanceOptions(**changes).validate()
