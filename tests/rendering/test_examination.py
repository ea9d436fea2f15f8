"""What is known of a dance before drawing: its clips, those that are there, and its song."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipelines.rendering.examination import examine
from pipelines.rendering.settings import RenderConfig
from pipelines.rendering.source import Source
from pipelines.support.errors import UnsuitableInput
from pipelines.workspace.clips import finish_clip
from pipelines.workspace.layout import Workspace


@pytest.fixture
def config(tmp_path) -> RenderConfig:
    return RenderConfig(src=(tmp_path,), workspace=tmp_path / "ws", fps=30.0, size="64x96")


def ids(config, source) -> list[str]:
    return [job.clip for job in examine(config, source).jobs]


def test_a_dance_is_one_clip_without_windows_and_several_with_them(config, tmp_path, jerk):
    source = Source(jerk(tmp_path / "a.npz", seconds=20.0))
    (whole,) = examine(config, source).jobs
    assert (whole.start, whole.stop) == (0, 600)
    found = examine(replace(config, windows=True), source)
    assert found.seconds == 20.0 and len(found.jobs) > 2
    for job in found.jobs:
        assert job.start >= 0 and job.stop <= 600
        assert 150 <= job.stop - job.start <= 300


def test_a_dance_too_short_for_a_window_gives_none(config, tmp_path, jerk):
    source = Source(jerk(tmp_path / "a.npz", seconds=4.0))
    assert examine(replace(config, windows=True), source).jobs == []
    assert len(examine(config, source).jobs) == 1


def test_the_same_question_has_the_same_answer(config, tmp_path, jerk):
    source = Source(jerk(tmp_path / "a.npz"))
    assert ids(config, source) == ids(config, source)
    other = source.motion.with_name("renamed.npz")
    other.write_bytes(source.motion.read_bytes())
    assert ids(config, Source(other)) == ids(config, source), "content counts, not the name"


def test_whatever_shapes_the_clip_makes_another_one(config, tmp_path, jerk, click):
    source = Source(jerk(tmp_path / "a.npz"))
    (plain,) = ids(config, source)
    others = [
        ids(replace(config, fps=25.0), source),
        ids(replace(config, size="96x64"), source),
        ids(replace(config, camera="side"), source),
        ids(replace(config, body="skeleton"), source),
        ids(replace(config, vary=True), source),
        ids(config, replace(source, music=click(tmp_path / "a.wav"))),
        ids(config, replace(source, genre="salsa")),
        ids(config, replace(source, skip_seconds=1.0)),
    ]
    assert len({plain, *(clip for (clip,) in others)}) == 9


def test_how_it_runs_makes_no_other_clip(config, tmp_path, jerk):
    source = Source(jerk(tmp_path / "a.npz"))
    assert ids(replace(config, workers=4), source) == ids(config, source)
    assert ids(replace(config, workspace=tmp_path / "other"), source) == ids(config, source)


def test_clips_that_are_there_are_counted_and_not_made_again(config, tmp_path, jerk):
    source = Source(jerk(tmp_path / "a.npz", seconds=8.0))
    (job,) = examine(config, source).jobs
    folder = Workspace(config.workspace).clip(job.clip)
    folder.mkdir(parents=True)
    (folder / "video.mp4").write_bytes(b"video")
    finish_clip(folder, {"id": job.clip}, ["video.mp4"])
    found = examine(config, source)
    assert (found.jobs, found.finished, found.finished_seconds) == ([], [job.clip], 8.0)
    (folder / "video.mp4").write_bytes(b"cut")
    assert [one.clip for one in examine(config, source).jobs] == [job.clip]


def test_songs_that_were_given_and_are_not_its(config, tmp_path, jerk, click):
    silent = Source(jerk(tmp_path / "a.npz"))
    songs = replace(config, music=tmp_path)
    assert examine(songs, silent).music_missing
    assert not examine(config, silent).music_missing
    assert not examine(songs, replace(silent, music=click(tmp_path / "a.wav"))).music_missing


def test_jobs_carry_the_content_of_dance_and_song(config, tmp_path, jerk, click):
    from pipelines.support.files import sha256_file

    source = Source(jerk(tmp_path / "a.npz"), click(tmp_path / "a.wav"), skip_seconds=0.5)
    (job,) = examine(config, source).jobs
    assert job.sha256 == sha256_file(source.motion)
    assert job.music_sha256 == sha256_file(source.music)
    assert job.source == source and job.config == config


@pytest.mark.parametrize("broken", ["motion", "song"])
def test_what_cannot_be_read_is_refused_before_anything_is_drawn(config, tmp_path, jerk, broken):
    source = Source(jerk(tmp_path / "a.npz"))
    if broken == "motion":
        source.motion.write_bytes(b"PK")
    else:
        (tmp_path / "a.wav").write_bytes(b"RIFF")
        source = replace(source, music=tmp_path / "a.wav")
    with pytest.raises(UnsuitableInput):
        examine(config, source)
