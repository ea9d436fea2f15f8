"""A classifier of three genres, small and untrained, and its folder."""

import numpy as np
import pytest
import torch

from pipelines.metrics.genre.columns import Scale
from pipelines.metrics.genre.folder import ClassifierHeader, save_classifier
from pipelines.metrics.genre.network import ClassifierShape, GenreClassifier
from pipelines.motion.motion import Motion

SHAPE = ClassifierShape(3, 20, width=16, heads=2, layers=2, feedforward=24, narrow=8)


@pytest.fixture
def header():
    return ClassifierHeader(
        ("house", "krump", "waack"), SHAPE.to_json(), Scale(0.1, 0.5, 0.2, 0.4), "front", 60,
        metadata={"step": 7},
    )  # fmt: skip


@pytest.fixture
def network():
    torch.manual_seed(1)
    return GenreClassifier(SHAPE).eval()


@pytest.fixture
def folder(tmp_path, header, network):
    save_classifier(tmp_path / "classifier", header, network.state_dict())
    return tmp_path / "classifier"


def _dance(seed=0, frames=100, genre="krump", fps=30.0):
    random = np.random.default_rng(seed)
    t = np.arange(frames)[:, None, None] / fps
    rate, phase = random.uniform(0.5, 2, (2, 1, 24, 3))
    poses = random.normal(0, 0.4, (1, 24, 3)) * np.sin(2 * np.pi * rate * t + 6 * phase)
    poses[:, 0, 0] += np.pi / 2
    trans = np.concatenate([0.3 * t[:, 0] + 2, 0.1 * t[:, 0], 0.95 + 0 * t[:, 0]], axis=1)
    return Motion(poses.astype(np.float32), trans.astype(np.float32), fps, genre=genre)


@pytest.fixture(scope="session")
def dance():
    """A maker of dances: seed, frames, genre, fps."""
    return _dance
