"""An evaluator, small and untrained, and its folder."""

import pytest
import torch

from pipelines.metrics.contrastive.folder import ContrastHeader, save_contrast
from pipelines.metrics.contrastive.network import Contrast, ContrastShape
from pipelines.music.features import FEATURE_SCHEMA

SHAPE = ContrastShape(width=16, heads=2, layers=3, feedforward=24)


@pytest.fixture
def header():
    return ContrastHeader(SHAPE.to_json(), 60, FEATURE_SCHEMA, metadata={"step": 7})


@pytest.fixture
def network():
    torch.manual_seed(1)
    return Contrast(SHAPE).eval()


@pytest.fixture
def folder(tmp_path, header, network):
    save_contrast(tmp_path / "evaluator", header, network.state_dict())
    return tmp_path / "evaluator"
