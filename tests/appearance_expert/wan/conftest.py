"""The tiny Wan-Animate, loaded once."""

import pytest

from pipelines.appearance_expert.wan.config import WanConfig
from pipelines.appearance_expert.wan.loading import load_wan
from pipelines.appearance_expert.wan.overlays import Overlay
from pipelines.appearance_expert.wan.weights import find_wan
from pipelines.support.progress import SILENT


@pytest.fixture(scope="session")
def loaded_wan(tiny_wan):
    """On the CPU, with the usual prompt."""
    prompt = WanConfig().prompt
    return load_wan(find_wan(str(tiny_wan)), "cpu", prompt, Overlay(), None, SILENT)
