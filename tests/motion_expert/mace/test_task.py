from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.datasets.sequences import PairedSequence
from pipelines.motion.motion import Motion
from pipelines.motion_expert.mace.presets import PRESETS
from pipelines.motion_expert.mace.task import joined_genres, mace_task, network_config
from pipelines.motion_expert.mace.training_options import MaceTrainingOptions
from pipelines.motion_expert.training.material import Material
from pipelines.motion_expert.training.settings import TrainMotionConfig
from pipelines.support.progress import Silent

CPU = torch.device("cpu")


def dance(genre, frames=60, seed=0):
    random = np.random.default_rng(seed)
    poses = random.normal(0, 0.3, (frames, 24, 3)).astype(np.float32)
    motion = Motion(poses, np.zeros((frames, 3), np.float32), 30.0, genre=genre)
    features = random.normal(size=(frames, 35)).astype(np.float32)
    return PairedSequence(motion, features, f"take{seed}", f"take{seed}")


class Heard(Silent):
    def __init__(self):
        self.lines = []

    def say(self, message):
        self.lines.append(message)


def task(folder, own=None, held=True, **changes):
    heard = Heard()
    material = Material(
        [dance("salsa"), dance("Ballet", seed=1)], [dance("salsa", seed=2)] if held else [],
        folder, CPU, 4, heard,
    )  # fmt: skip
    config = TrainMotionConfig(preset="tiny", window=30, stride=10, **changes)
    return mace_task(config, own or MaceTrainingOptions(), material), heard


def test_switches_and_genres_of_the_data_shape_the_network():
    train = [dance("salsa"), dance("Ballet", seed=1), dance(None, seed=2)]
    own = MaceTrainingOptions(
        "mamba", beat_clock=False, beat_gate=True, guidance="cfg", objective="official"
    )
    network = network_config("tiny", own, train)
    assert (network.backbone, network.beat_clock, network.guidance) == ("mamba", False, "cfg")
    assert network.beat_gate
    assert (network.null, network.genres) == ("add", ("Ballet", "salsa"))
    plain = network_config("tiny", MaceTrainingOptions(), [dance("hiphop")])
    assert plain == replace(PRESETS["tiny"])  # the preset's own genres cover it


def test_genres_that_only_the_data_name_come_behind_those_of_the_first_weights():
    train = [dance("Salsa"), dance("ballet", seed=1)]
    assert joined_genres(("salsa", "indian"), ("Salsa", "ballet", "jazz"), train) == (
        "salsa", "indian", "ballet",
    )  # fmt: skip


def test_a_batch_follows_from_its_key_and_the_loss_from_its_generator(tmp_path):
    made, heard = task(tmp_path)
    assert heard.lines == ["8 training windows; 1 groups of takes held out"]
    one, same, other = (made.draw(3, key) for key in ((0, 1, 0), (0, 1, 0), (0, 2, 0)))
    assert {name: tuple(value.shape) for name, value in one.items()} == {
        "x_BTK": (3, 30, 151), "music_BTF": (3, 30, 41), "genre_B": (3,),
    }  # fmt: skip
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["x_BTK"], other["x_BTK"])
    made.network.eval()
    losses = [
        made.loss(made.network, one, torch.Generator().manual_seed(seed))[0].item()
        for seed in (1, 1, 2)
    ]
    assert losses[0] == losses[1] != losses[2]
    parts = made.loss(made.network, one, torch.Generator().manual_seed(1))[1]
    assert set(parts) == {"reconstruction", "velocity", "joints", "foot"}


def test_half_precision_changes_the_loss_of_training_alone(tmp_path):
    full, half = (task(tmp_path, precision=p)[0] for p in ("fp32", "bf16"))
    batch = full.draw(2, (0, 0, 0))
    for made in (full, half):
        made.network.eval()
    one, other = (
        made.loss(made.network, batch, torch.Generator().manual_seed(0))[0].item()
        for made in (full, half)
    )
    assert one != other
    assert one == pytest.approx(other, rel=0.05)
    judged = [made.held_out(made.network, 0, None) for made in (full, half)]
    assert judged[0] == judged[1]
    assert (full.settings["bf16"], half.settings["bf16"]) == (False, True)


def test_without_held_out_dances_nothing_is_judged(tmp_path):
    assert task(tmp_path, held=False)[0].held_out is None


def test_what_is_kept_can_dance(tmp_path):
    from pipelines.motion_expert.mace.checkpoint import build_model, load_checkpoint

    made, _ = task(tmp_path)
    learned = {name: p.detach() + 1 for name, p in made.network.named_parameters()}
    made.save(tmp_path, learned, {"step": 3})
    checkpoint = load_checkpoint(tmp_path)
    assert checkpoint.metadata == {"step": 3}
    model = build_model(checkpoint)
    for name, value in model.named_parameters():
        assert torch.equal(value, learned[name])
    assert torch.equal(model.precondition.mean_K, made.network.precondition.mean_K)
