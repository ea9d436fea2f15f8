"""Two experts' trainings ask the same of the beat."""

from pipelines.motion_expert.mace.training_options import MaceTrainingOptions
from pipelines.motion_expert.megadance.training_options import MegaDanceTrainingOptions
from pipelines.support.options import declared, distinct, identity


def test_both_experts_declare_them_alike():
    both = distinct([MaceTrainingOptions, MegaDanceTrainingOptions])
    assert {"beat_gate", "in_step"} <= {one.name for one in both}


def test_runs_from_before_keep_their_names():
    for options in (MaceTrainingOptions(), MegaDanceTrainingOptions()):
        assert not {"beat_gate", "in_step"} & set(identity(options))
        assert {"beat_gate", "in_step"} <= {one.name for one in declared(type(options))}
