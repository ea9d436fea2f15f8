"""The video of one whole dance: its length, its song, and what the user is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from listener import Listener

from pipelines.media.audio import probe_audio
from pipelines.media.video import probe_video
from pipelines.motion.formats import load_motion
from pipelines.rendering.one_video import draw_video, renderer_name, say_renderer
from pipelines.rendering.settings import RenderConfig
from pipelines.rendering.stage import look_and_body
from pipelines.support.errors import UnsuitableInput


@pytest.fixture
def config(tmp_path: Path) -> RenderConfig:
    return RenderConfig(
        src=(tmp_path / "a.npz",), output=tmp_path / "look.mp4", fps=10.0, size="64x96",
        renderer="builtin", body="skeleton",
    )  # fmt: skip


def drawn(config: RenderConfig, path: Path, listener: Listener | None = None) -> None:
    dance = load_motion(path).resampled(config.fps)
    draw_video(config, dance, *look_and_body(config, dance, "a"), listener or Listener())


def test_a_frame_for_every_frame_of_the_dance(config, tmp_path, jerk):
    listener = Listener()
    drawn(config, jerk(tmp_path / "a.npz", seconds=3.0), listener)
    video = probe_video(config.output)
    assert (video.frames, float(video.fps), video.width, video.height) == (30, 10.0, 64, 96)
    assert not video.has_audio
    assert sum(listener.done.values()) == 30 and listener.warned == []


def test_the_song_ends_with_the_picture(config, tmp_path, jerk, click):
    song = click(tmp_path / "a.wav", seconds=10.0)
    drawn(replace(config, music=song), jerk(tmp_path / "a.npz", seconds=3.0))
    assert abs(probe_audio(config.output).seconds - 3.0) <= 0.1


def test_a_song_that_ends_before_the_dance_is_remarked(config, tmp_path, jerk, click):
    listener = Listener()
    song = click(tmp_path / "short.wav", seconds=1.0, at=0.5)
    drawn(replace(config, music=song), jerk(tmp_path / "a.npz", seconds=3.0), listener)
    assert listener.warned == [f"{song}: ends after 1.0 s, the dance after 3.0 s"]


def test_a_song_that_cannot_be_heard_is_refused_and_no_video_stays(config, tmp_path, jerk):
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    with pytest.raises(UnsuitableInput, match=r"a\.wav"):
        drawn(replace(config, music=tmp_path / "a.wav"), jerk(tmp_path / "a.npz", seconds=2.0))
    assert not config.output.exists()


def test_who_draws_is_named(config):
    assert renderer_name(config) == "built-in"


@pytest.mark.parametrize(
    ("name", "asked", "said"),
    [("built-in", "auto", 1), ("built-in", "builtin", 0), ("pyrender", "auto", 0)],
)
def test_the_slower_renderer_is_remarked_where_it_was_not_asked_for(config, name, asked, said):
    listener = Listener()
    say_renderer(name, replace(config, renderer=asked), listener)
    assert len(listener.said) == said
