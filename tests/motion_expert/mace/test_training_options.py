import pytest

from pipelines.motion_expert.mace.training_options import MaceTrainingOptions
from pipelines.support.errors import BadUsage
from pipelines.support.options import check, declared


def test_what_mace_can_be_asked_for():
    assert [one.flag for one in declared(MaceTrainingOptions)] == [
        "--backbone", "--beat-clock", "--guidance", "--objective",
    ]  # fmt: skip
    check(MaceTrainingOptions())
    with pytest.raises(BadUsage, match="--backbone lstm"):
        check(MaceTrainingOptions(backbone="lstm"))


def test_the_beat_clock_is_the_presets_choice_unless_one_is_made():
    clock = next(one for one in declared(MaceTrainingOptions) if one.name == "beat_clock")
    assert (clock.default, clock.has_negation) == (None, True)
