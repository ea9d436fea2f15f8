from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.datasets.sequences import PairedSequence
from pipelines.datasets.windows import Windows
from pipelines.motion.formats import load_motion
from pipelines.motion.motion import Motion
from pipelines.motion.representation import Normalizer, Standardizer
from pipelines.motion_expert.mace.checkpoint import Checkpoint
from pipelines.motion_expert.mace.choreographer import Choreographer
from pipelines.motion_expert.mace.looking import look_at_samples
from pipelines.motion_expert.mace.network import MotionExpert
from pipelines.motion_expert.mace.presets import PRESETS
from pipelines.music.features import FEATURE_SCHEMA


@pytest.mark.parametrize("genre", ["salsa", None])
def test_a_few_songs_are_danced_to_and_drawn(tmp_path, monkeypatch, genre):
    danced, dance = [], Choreographer.dance
    monkeypatch.setattr(Choreographer, "dance", lambda *given: danced.append(1) or dance(*given))
    random = np.random.default_rng(0)
    poses = random.normal(0, 0.2, (30, 24, 3)).astype(np.float32)
    motion = Motion(poses, np.zeros((30, 3), np.float32), 30.0, genre=genre)
    features = random.normal(size=(30, 35)).astype(np.float32)
    config = replace(PRESETS["tiny"], genres=("salsa",))
    held = Windows([PairedSequence(motion, features, "a", "a")], config.genres, 10, 5)
    checkpoint = Checkpoint(
        config, MotionExpert(config).state_dict(),
        Normalizer(-np.ones(151, np.float32), np.ones(151, np.float32)),
        Standardizer(np.zeros(35, np.float32), np.ones(35, np.float32)), FEATURE_SCHEMA, {},
    )  # fmt: skip
    figures = look_at_samples(checkpoint, held, tmp_path, torch.device("cpu"))
    assert len(danced) == 1  # of one song, once
    assert figures["jitter"] > 0
    assert 0 <= figures.get("foot_skating", 0) <= 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["00000.npz", "00000.png"]
    assert load_motion(tmp_path / "00000.npz").frames == 20  # at most two windows
