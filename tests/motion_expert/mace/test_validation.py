"""Held-out windows are counted as the network has learned to count."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.datasets.augmentation import Augmentation
from pipelines.datasets.sequences import PairedSequence
from pipelines.datasets.windows import Windows
from pipelines.motion.motion import Motion
from pipelines.motion.representation import Normalizer
from pipelines.motion_expert.mace.network import MotionExpert
from pipelines.motion_expert.mace.presets import PRESETS
from pipelines.motion_expert.mace.validation import find_ones, validated


def swaying(first_beat=0, frames=160):
    """Sways once in four beats of ten frames; its song's beats are heard from the k-th on."""
    count = np.arange(frames) / 10
    poses = np.zeros((frames, 24, 3), dtype=np.float32)
    poses[:, 0, 0] = np.pi / 2
    trans = np.zeros((frames, 3), dtype=np.float32)
    trans[:, 0] = 0.3 * np.sin(2 * np.pi * count / 4)
    features = np.zeros((frames, 35), dtype=np.float32)
    features[10 * first_beat :: 10, 34] = 1
    motion = Motion(poses, trans, 30.0, genre="salsa")
    return PairedSequence(motion, features, "take", "take")


@pytest.mark.parametrize("first_beat", [0, 1, 3])
def test_the_one_of_a_held_out_window_is_the_networks(first_beat):
    config = replace(PRESETS["tiny"], genres=("salsa",))
    train = Windows([swaying()], config.genres, 80, 5)
    normalizer = Normalizer.fit([train.extremes(Augmentation(mirror=False))])
    model = MotionExpert(config)

    def prepare(batch):
        return {
            "x_BTK": torch.from_numpy(normalizer.transform(batch.motion)),
            "music_BTF": torch.from_numpy(np.concatenate([batch.music, batch.clock], axis=-1)),
            "genre_B": torch.from_numpy(batch.genre),
        }

    known = prepare(train.gather(np.arange(len(train))))
    model.fit_means(known["x_BTK"], known["music_BTF"], known["genre_B"])
    held = Windows([swaying(first_beat)], config.genres, 80, 5)
    find_ones(model, prepare, held, validated(held))
    assert set(held.ones[0]) == {-first_beat % 4}


def test_a_network_without_bars_leaves_the_count_alone():
    held = Windows([swaying()], ("salsa",), 80, 5)
    model = MotionExpert(replace(PRESETS["tiny"], beat_clock=False))
    find_ones(model, dict, held, validated(held))
    assert not held.ones.any()
