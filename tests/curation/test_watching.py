"""Watching a video once: what is kept, resumed after a kill, and listened to."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipelines.curation import chunks, watching
from pipelines.curation.chunks import chunks_of
from pipelines.curation.observations import load_observations, save_observations
from pipelines.curation.settings import CurateConfig
from pipelines.curation.sources import RawVideo
from pipelines.curation.watching import (
    OBSERVATIONS,
    RECORD,
    Watched,
    WatchJob,
    already_watched,
    observe,
    watch,
    watched_folder,
)
from pipelines.keypoints.people import Person
from pipelines.media.audio import write_wav
from pipelines.media.ffmpeg import ffmpeg_program
from pipelines.media.video_writer import VideoWriter
from pipelines.media.wild_video import WildVideo, examine_video
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import sha256_file

CHUNK, FRAMES = 60, 70


class Anybody:
    """Sees one whole person in a known place of every picture, unless it is dark."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, ...]] = []

    def find(self, picture: np.ndarray, last: Person | None, several: bool) -> list[Person]:
        self.asked.append(picture.shape)
        if picture.mean() < 40:
            return []
        height, width = picture.shape[:2]
        points = np.tile([0.5 * width, 0.5 * height, 0.9], (17, 1))
        return [
            Person(np.array([0.25 * width, 0.1 * height, 0.75 * width, 0.9 * height]), 0.9, points)
        ]


@pytest.fixture(scope="module", autouse=True)
def short_chunks() -> Iterator[None]:
    """The shot detector takes its time; 60 frames at once show all that 200 do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "CHUNK", CHUNK)
        patch.setattr(watching, "CHUNK", CHUNK)
        yield


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """70 frames at 30 a second: a texture that slides by, black from frame 45 on."""
    texture = cv2.GaussianBlur(np.random.default_rng(0).uniform(60, 250, (64, 700)), (0, 0), 2)
    path = tmp_path_factory.mktemp("film") / "a.mp4"
    with VideoWriter(path, 96, 64, Fraction(30), preset="ultrafast") as writer:
        for number in range(FRAMES):
            part = texture[:, 2 * number : 2 * number + 96] if number < 45 else np.zeros((64, 96))
            writer.write(np.repeat(part[..., None], 3, axis=2).astype(np.uint8))
    return path


@pytest.fixture
def job(film, tmp_path) -> WatchJob:
    shutil.copy(film, tmp_path / "a.mp4")
    config = CurateConfig(src=(tmp_path,), workspace=tmp_path / "ws", workers=1)
    return WatchJob(config, RawVideo(tmp_path / "a.mp4", "a.mp4"))


@pytest.fixture(scope="module")
def parts(film) -> list:
    """What is seen of both chunks of the film."""
    finder = Anybody()
    video = examine_video(film)
    return [observe(chunk, video.fps, finder) for chunk in chunks_of(video, 0)]


def test_a_chunk_is_seen_at_the_steps_of_each_stage(parts):
    first, second = parts
    assert (first.frames, second.frames) == (CHUNK, FRAMES - CHUNK)
    assert first.look_frame.tolist() == list(range(0, 60, 10))
    assert second.look_frame.tolist() == [60]
    assert first.flow_frame.tolist() == list(range(4, 60, 4))
    assert second.flow_frame.tolist() == [60, 64, 68]


def test_who_is_seen_stands_in_shares_of_the_picture(parts):
    first, _ = parts
    bright = first.look_frame < 45
    assert first.people.tolist() == [1] * 5 + [0]
    np.testing.assert_allclose(first.box[bright], np.tile([0.25, 0.1, 0.75, 0.9], (5, 1)))
    np.testing.assert_allclose(
        first.points[bright][:, 0], np.tile([0.5, 0.5, 0.9], (5, 1)), rtol=1e-6
    )
    assert np.isnan(first.box[~bright]).all() and (first.points[~bright] == 0).all()


def test_motion_is_measured_where_somebody_is(parts):
    first, second = parts
    assert np.isfinite(first.motion[:10]).all()
    assert np.isnan(second.motion).all()


def test_the_cut_to_black_is_seen_at_its_frame(parts):
    assert int(parts[0].cut.argmax()) in (44, 45)


def test_small_pictures_come_every_two_seconds(parts):
    first, second = parts
    assert (first.thumb_frame.tolist(), second.thumb_frame.tolist()) == ([0], [60])
    for jpeg in first.thumbnails(0, 60) + second.thumbnails(60, 70):
        picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert picture.shape == (64, 96, 3)  # small enough already


def test_large_pictures_are_shrunk_to_a_thumbnail():
    jpeg = watching._jpeg(np.full((300, 960, 3), [200, 30, 30], np.uint8))
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (60, 192, 3)
    np.testing.assert_allclose(picture[30, 90], [30, 30, 200], atol=12)  # BGR: red stays red


def test_a_run_that_was_killed_goes_on_after_its_last_chunk(job, parts, monkeypatch):
    """The first chunk lies there: only the rest is looked at, and the result is whole."""
    folder = watched_folder(job.config, sha256_file(job.source.path))
    save_observations(folder / "chunk-000000.npz", parts[0])
    seen: list[int] = []

    def counted(chunk, fps, finder):
        seen.append(chunk.start)
        return parts[1]

    monkeypatch.setattr(watching, "observe", counted)
    done = watch(job)
    assert seen == [60]
    found = done.observations()
    assert found.frames == FRAMES
    np.testing.assert_array_equal(found.cut[:CHUNK], parts[0].cut)
    assert sorted(path.name for path in folder.iterdir()) == sorted([OBSERVATIONS, RECORD])


def test_all_chunks_there_and_nothing_is_looked_at(job, parts, monkeypatch):
    folder = watched_folder(job.config, sha256_file(job.source.path))
    for number, part in enumerate(parts):
        save_observations(folder / f"chunk-{number:06d}.npz", part)
    monkeypatch.setattr(watching, "observe", None)
    assert watch(job).observations().frames == FRAMES


@pytest.fixture
def done(job, parts) -> Watched:
    """The film, watched from chunks that lay there."""
    folder = watched_folder(job.config, sha256_file(job.source.path))
    for number, part in enumerate(parts):
        save_observations(folder / f"chunk-{number:06d}.npz", part)
    return watch(job)


def test_the_record_holds_what_selection_reads(job, done):
    assert done.fresh and done.fps == 30
    facts = dict(done.facts)
    touched = facts.pop("mtime_ns")
    assert touched == job.source.path.stat().st_mtime_ns
    assert facts == {
        "file": str(job.source.path), "sha256": sha256_file(job.source.path), "width": 96,
        "height": 64, "fps": [30, 1], "frames": FRAMES, "has_sound": False, "remarks": [],
        "finder": job.config.finder_name(), "sound_level": [],
    }  # fmt: skip


def test_a_second_run_reads_what_the_first_saw(job, done, monkeypatch):
    monkeypatch.setattr(watching, "_see", None)
    again = watch(job)
    assert not again.fresh and again.facts == done.facts
    assert again.observations().frames == FRAMES


def test_content_decides_not_the_name(job, done, tmp_path, monkeypatch):
    monkeypatch.setattr(watching, "_see", None)
    shutil.copy(job.source.path, tmp_path / "renamed.mp4")
    other = watch(replace(job, source=RawVideo(tmp_path / "renamed.mp4", "renamed.mp4")))
    assert not other.fresh and other.folder == done.folder
    assert other.source.name == "renamed.mp4"


def test_thresholds_do_not_move_the_folder_and_the_detector_does(job, monkeypatch):
    digest = "ab" * 32
    home = watched_folder(job.config, digest)
    changed = replace(job.config, min_motion=0.3, max_several=0.5, seed=7, workers=8)
    assert watched_folder(changed, digest) == home
    assert watched_folder(job.config, "cd" * 32) != home
    monkeypatch.setattr(CurateConfig, "finder_name", lambda self: "another")
    assert watched_folder(job.config, digest) != home
    assert watched_folder(job.config, digest).parent == home.parent


def test_another_version_watches_everything_again(job, done, monkeypatch):
    assert already_watched(job.config, job.source, done.sha256) is not None
    monkeypatch.setattr(watching, "VERSION", watching.VERSION + 1)
    assert already_watched(job.config, job.source, done.sha256) is None


def test_what_a_kill_left_behind_the_last_step_goes_the_next_time(job, done):
    left = done.folder / "chunk-000000.npz"
    left.write_bytes(b"killed before it was removed")
    assert not watch(job).fresh
    assert not left.exists()


def test_damaged_observations_are_made_again(job, done):
    (done.folder / OBSERVATIONS).write_bytes(b"PK")
    assert already_watched(job.config, job.source, done.sha256) is None


def test_a_file_that_is_no_video_is_refused(job):
    job.source.path.write_text("no video")
    with pytest.raises(UnsuitableInput, match=r"a\.mp4"):
        watch(job)


def with_sound(tmp_path: Path, film: Path, samples: np.ndarray) -> WildVideo:
    write_wav(tmp_path / "a.wav", samples, 16_000)
    subprocess.run(
        [ffmpeg_program(), "-v", "error", "-i", film, "-i", tmp_path / "a.wav", "-c:v", "copy",
         "-c:a", "pcm_s16le", tmp_path / "sound.mkv"], check=True,
    )  # fmt: skip
    return examine_video(tmp_path / "sound.mkv")


def test_loudness_of_each_second_in_decibels_of_full_scale(film, tmp_path):
    """A sine of amplitude a has 20 log10(a) - 3 dB: -9 at a half, -29 at a twentieth."""
    time = np.arange(7 * 16_000) / 16_000
    loud = np.select([time < 3, time < 5], [0.5, 0.05], 0.0)
    levels, remarks = watching._listen(
        with_sound(tmp_path, film, loud * np.sin(2 * np.pi * 440 * time))
    )
    assert remarks == [] and len(levels) == 7
    np.testing.assert_allclose(levels[:2], -9.03, atol=0.3)
    np.testing.assert_allclose(levels[3:4], -29.03, atol=0.3)
    assert max(levels[5:]) < -80


def test_a_silent_video_has_no_levels(film):
    assert watching._listen(examine_video(film)) == ([], [])


def test_observations_of_a_killed_run_that_are_cut_off_are_looked_at_again(job, parts, monkeypatch):
    folder = watched_folder(job.config, sha256_file(job.source.path))
    save_observations(folder / "chunk-000000.npz", parts[0])
    whole = (folder / "chunk-000000.npz").read_bytes()
    (folder / "chunk-000000.npz").write_bytes(whole[:1000])
    assert load_observations(folder / "chunk-000000.npz") is None
    seen: list[int] = []
    monkeypatch.setattr(
        watching, "observe", lambda chunk, *_: seen.append(chunk.start) or parts[len(seen) - 1]
    )
    assert watch(job).observations().frames == FRAMES
    assert seen == [0, 60]
