"""The page of `render`: other dances and the video beside the dance, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipelines.motion.formats import load_motion
from pipelines.motion.npz import save_npz
from pipelines.rendering.page import draw_page
from pipelines.rendering.settings import RenderConfig
from pipelines.rendering.stage import look_and_body
from pipelines.support.errors import BadUsage, UnsuitableInput
from pipelines.support.progress import SILENT


@pytest.fixture
def config(tmp_path, dance):
    for number in range(2):
        save_npz(dance(number, 60), tmp_path / f"d{number}.npz")
    return RenderConfig(
        dance=tmp_path / "d0.npz", output=tmp_path / "p.html", body="skeleton",
        workspace=tmp_path / "w",
    )  # fmt: skip


def drawn(config):
    motion = load_motion(config.dance)
    _, body = look_and_body(config, motion, "")
    draw_page(config.validate(), motion, body, SILENT)
    return config.output.read_text(encoding="utf-8")


def test_dances_song_and_video_become_one_page(config, tmp_path, tiny_song, dancers):
    film = dancers("one", 1)
    beside = (tmp_path / "d1.npz", film, film)
    text = drawn(replace(config, beside=beside, music=tiny_song))
    assert '"name": "d0"' in text and '"name": "d1"' in text
    assert text.count(f'{{"name": "{film.name}", "type": "video/mp4"') == 2
    assert '"sound": {"type": "audio/mp4"' in text
    assert '"beats": [' in text and '"beats": []' not in text


def test_long_dances_are_refused(config, tmp_path, dance):
    save_npz(replace(dance(0, 60), fps=0.09), tmp_path / "long.npz")
    with pytest.raises((BadUsage, UnsuitableInput)):
        drawn(replace(config, dance=tmp_path / "long.npz"))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"output": "p.mp4"}, "goes with a page"),
        ({"dance": None, "output": None, "src": ("x",)}, "--beside goes with one DANCE"),
        ({"beside": "output"}, "is also an input"),
        ({"output": "p.mp4", "beside": (), "more": ("e.npz",)}, "several dances go on one page"),
        ({"output": None, "check": True, "more": ("e.npz",)}, "--check looks at one dance"),
    ],
)
def test_beside_goes_with_a_page(config, tmp_path, changes, says):
    given = {"beside": (tmp_path / "d1.npz",), **changes}
    if given.get("more"):
        given["more"] = tuple(tmp_path / name for name in given["more"])
    if given["beside"] == "output":
        given["beside"] = (config.output,)
    if given.get("output") == "p.mp4":
        given["output"] = tmp_path / "p.mp4"
    if given.get("src"):
        given["src"] = (tmp_path,)
    with pytest.raises(BadUsage, match=says):
        replace(config, **given).validate()


def test_several_dances_are_given_one_after_another(config, tmp_path, tiny_song):
    text = drawn(replace(config, more=(tmp_path / "d1.npz",), music=tiny_song))
    assert '"name": "d0"' in text and '"name": "d1"' in text
    assert '"sections": [{"start": 0.0' in text


def test_what_a_check_finds_is_marked(config, dance):
    whole = dance(0, 120, size=0.3)
    poses = whole.poses.copy()
    poses[60, [16, 18]] += 1.5
    save_npz(replace(whole, poses=poses), config.dance)
    assert '{"kind": "spike"' in drawn(config)
