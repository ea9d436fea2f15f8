"""Windows hold whole tokens."""

from dataclasses import replace

import pytest

from pipelines.motion_expert.megadance.windows import whole_tokens
from pipelines.motion_expert.training.settings import TrainMotionConfig
from pipelines.support.errors import BadUsage
from pipelines.support.progress import SILENT


@pytest.mark.parametrize(("asked", "got"), [(240, 240), (150, 144), (16, 16)])
def test_a_window_is_cut_to_whole_tokens(asked, got):
    assert whole_tokens(TrainMotionConfig(window=asked), SILENT) == got


def test_less_than_two_tokens_teach_nothing():
    with pytest.raises(BadUsage, match="--window 15: shorter than two tokens"):
        whole_tokens(replace(TrainMotionConfig(), window=15), SILENT)
