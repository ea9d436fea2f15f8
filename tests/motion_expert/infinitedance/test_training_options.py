"""Own options of training: what they share with others is declared alike."""

from pipelines.motion_expert.infinitedance.training_options import InfiniteDanceTrainingOptions
from pipelines.motion_expert.training.settings import own_options
from pipelines.support.options import declared, distinct


def test_they_can_stand_beside_those_of_every_expert():
    names = {one.name for one in distinct([*own_options(), InfiniteDanceTrainingOptions])}
    own = {one.name for one in declared(InfiniteDanceTrainingOptions)}
    assert own <= names
    assert own == {
        "tokenizer", "retrieval", "llama", "bridge_steps", "references",
        "token_inputs", "fusion", "band_edge", "cadence_experts",
    }  # fmt: skip
