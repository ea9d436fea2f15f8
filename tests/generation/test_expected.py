"""How long the stages of a run are likely to take."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.appearance_expert.experts import EXPERTS
from pipelines.generation.expected import expected_stages
from pipelines.generation.settings import GenerateConfig

DANCER = Path(__file__).parents[2] / "examples" / "dancer.png"


@pytest.fixture
def config(tiny_song, tmp_path):
    return GenerateConfig(
        song=tiny_song, picture=DANCER, output=tmp_path / "out.mp4", appearance="puppet",
        size="320", workspace=tmp_path / "workspace",
    )  # fmt: skip


def test_the_stages_come_in_their_order_and_grow_with_the_dance(config):
    short, long = (expected_stages(config, seconds) for seconds in (5.0, 50.0))
    assert list(short) == ["finding the person", "listening to the song", "choreographing",
                           "drawing the pose", "drawing the video"]  # fmt: skip
    assert all(long[name] > short[name] for name in list(short)[1:])
    large = expected_stages(replace(config, size="960"), 5.0)
    assert large["drawing the video"] > short["drawing the video"]


def test_what_is_not_done_takes_no_time(config):
    alone = replace(config, motion_only=True, picture=None, output=None, motion_out=Path("d.npz"))
    assert list(expected_stages(alone, 5.0)) == ["listening to the song", "choreographing"]
    assert "choreographing" not in expected_stages(replace(config, motion=Path("d.npz")), 5.0)


def test_where_one_is_not_known_nothing_is_told(config, monkeypatch):
    monkeypatch.setitem(EXPERTS, "puppet", replace(EXPERTS["puppet"], seconds=None))
    assert expected_stages(config, 5.0) == {}
