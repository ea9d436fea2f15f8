import pytest

from pipelines.motion_expert.mace.training_options import MaceTrainingOptions
from pipelines.support.errors import BadUsage
from pipelines.support.options import check, declared


def test_what_mace_can_be_asked_for():
    assert [one.flag for one in declared(MaceTrainingOptions)] == [
        "--backbone", "--beat-clock", "--beat-gate", "--in-step", "--beta-one", "--guidance",
        "--objective",
    ]  # fmt: skip
    check(MaceTrainingOptions())
    with pytest.raises(BadUsage, match="--backbone lstm"):
        check(MaceTrainingOptions(backbone="lstm"))


@pytest.mark.parametrize("name", ["beat_clock", "beat_gate"])
def test_the_clock_and_its_gate_are_the_presets_choice_unless_one_is_made(name):
    found = next(one for one in declared(MaceTrainingOptions) if one.name == name)
    assert (found.default, found.has_negation) == (None, True)
