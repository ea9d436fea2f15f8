"""A small model that has learned nothing: asked at full noise, it would change nothing."""

import pytest
import torch

from pipelines.foot_restoration import columns
from pipelines.foot_restoration.model import FootModel
from pipelines.foot_restoration.network import FootDenoiser, FootDenoiserConfig
from pipelines.foot_restoration.objective import Scaling

TINY = FootDenoiserConfig(width=16, layers=1, heads=2, window=20)


@pytest.fixture
def units() -> Scaling:
    """Of metres and radians as they are, corrections in centimetres."""
    width = columns.WIDTH
    return Scaling(torch.zeros(width), torch.ones(width), torch.full((len(columns.MERGED),), 0.01))


@pytest.fixture
def unlearned(units: Scaling) -> FootModel:
    """The model."""
    torch.manual_seed(0)
    return FootModel(FootDenoiser(TINY).eval().requires_grad_(False), units)
