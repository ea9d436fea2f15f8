"""The page beside a video: of this dance and song, found again, and named after the video."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.body.stick_body import skeleton_body
from pipelines.generation.page import finished_page
from pipelines.generation.settings import GenerateConfig
from pipelines.support.progress import SILENT
from pipelines.workspace.run_record import RunRecord


@pytest.fixture
def config(tmp_path, tiny_song) -> GenerateConfig:
    return GenerateConfig(
        song=tiny_song, start=1.0, motion_only=True, motion_out=tmp_path / "out.npz", page=True,
        workspace=tmp_path / "w",
    )  # fmt: skip


def test_it_lies_beside_the_video_or_the_dance(config, tmp_path):
    assert config.page_file() == tmp_path / "out.html"
    assert ("--page", tmp_path / "out.html") in config.targets()
    video = replace(config, motion_only=False, output=Path("v/x.mp4"), picture=Path("me.jpg"))
    assert video.page_file() == Path("v/x.html")
    assert replace(config, page=False).page_file() is None


def test_a_page_of_this_dance_with_its_stretch_of_the_song(
    config, tmp_path, dance, dancers, monkeypatch
):
    monkeypatch.setattr("pipelines.body.bodies.open_body", lambda kind, look: skeleton_body())
    record = RunRecord("generate", "run", {}, 0)
    page = finished_page(config, dance(0, 45), {}, tmp_path, record, SILENT)
    text = page.read_text(encoding="utf-8")
    found = json.loads(re.search(r"window\.MACEDANCE = (.*);</script>", text).group(1))
    assert found["seconds"] == pytest.approx(1.5) and found["sound"]["type"] == "audio/mp4"
    assert found["dances"][0]["name"] == "tiny"
    assert found["videos"] == []
    stamp = page.stat().st_mtime_ns
    assert finished_page(config, dance(1, 45), {}, tmp_path, record, SILENT) == page
    assert page.stat().st_mtime_ns == stamp
    assert list(record.seconds) == ["page"]
    films = {"me.mp4": dancers("one", 1), "out.mp4": dancers("one", 2)}
    text = finished_page(config, dance(0, 45), films, tmp_path, record, SILENT).read_text("utf-8")
    assert re.findall(r'"name": "(\w+\.mp4)", "type": "video/mp4"', text) == list(films)
