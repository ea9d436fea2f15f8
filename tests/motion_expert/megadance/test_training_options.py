"""What may be asked of its training."""

import pytest

from pipelines.motion_expert.megadance.training_options import MegaDanceTrainingOptions
from pipelines.support.errors import BadUsage
from pipelines.support.options import check, declared


def test_the_defaults_hold_and_every_option_is_explained():
    check(MegaDanceTrainingOptions())
    assert all(one.option.help for one in declared(MegaDanceTrainingOptions))


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"quantizer": "pq"}, "--quantizer pq"), ({"tokens": "words"}, "--tokens words"),
     ({"expert_layout": "round"}, "--expert-layout round"), ({"drift_loss": -1.0}, "--drift-loss"),
     ({"without": "music"}, "--without music")],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_its_flag(changes, said):
    with pytest.raises(BadUsage, match=said):
        check(MegaDanceTrainingOptions(**changes))
