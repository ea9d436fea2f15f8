"""What whole commands share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="session")
def motion_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained Motion Expert that keeps near an upright body: seconds instead of minutes."""
    import torch

    from pipelines.motion.motion import Motion
    from pipelines.motion.representation import Normalizer, Standardizer, encode
    from pipelines.motion_expert.mace.checkpoint import Checkpoint, save_checkpoint
    from pipelines.motion_expert.mace.network import MotionExpert
    from pipelines.motion_expert.mace.presets import PRESETS
    from pipelines.music.features import FEATURE_SCHEMA

    torch.manual_seed(0)
    config = PRESETS["tiny"].with_genres(("Jazz", "Salsa"))
    poses = np.zeros((1, 24, 3), np.float32)
    poses[:, 0, 0] = np.pi / 2
    (standing,) = encode(Motion(poses, np.array([[0, 0, 0.96]], np.float32), 30.0))
    reach = np.full(151, 0.2, np.float32)
    reach[:4] = 0.5
    music = np.ones(35, np.float32)
    checkpoint = Checkpoint(
        config, MotionExpert(config).state_dict(), Normalizer(standing - reach, 1 / reach),
        Standardizer(0 * music, 10 * music), FEATURE_SCHEMA, {"name": "untrained"},
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("model")
    save_checkpoint(folder, checkpoint)
    return folder
