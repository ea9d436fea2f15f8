"""What `generate` is asked to do, beyond what tests/test_generate.py refuses."""

from pathlib import Path

from pipelines.generation.settings import GenerateConfig, own_options
from pipelines.motion_expert.experts import EXPERTS
from pipelines.motion_expert.mace.options import MaceOptions


def test_every_experts_own_options_are_offered():
    offered = own_options()
    assert all(row.options in offered for row in EXPERTS.values())


def test_the_record_says_what_the_experts_defaults_were():
    config = GenerateConfig(song=Path("song.wav"), motion_only=True, options={"beta": 0.5})
    resolved = config.resolved()
    assert resolved.expert == "mace"
    assert resolved.options == {"beta": 0.5, "sampling_steps": 50, "tempo_change": 0.2}
    assert config.dance_options() == MaceOptions(beta=0.5)


def test_inputs_are_the_files_that_are_there_to_read():
    config = GenerateConfig(song=Path("song.wav"), picture=Path("me.png"), ref_mask=Path("m.png"))
    assert config.inputs() == {
        "song": Path("song.wav"), "picture": Path("me.png"), "ref_mask": Path("m.png"),
    }  # fmt: skip
