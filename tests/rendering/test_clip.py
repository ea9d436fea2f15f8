"""One clip: sound in step with the picture, exact points, a pose video that shows them."""

import json

import numpy as np
import pytest

from pipelines.keypoints.files import load_keypoints
from pipelines.keypoints.person import POINT
from pipelines.media.audio import load_audio, probe_audio
from pipelines.media.video import probe_video, read_frames
from pipelines.motion.formats import load_motion
from pipelines.render import RenderConfig
from pipelines.rendering.clip import ClipJob, make_clip
from pipelines.rendering.source import Source
from pipelines.workspace.layout import Workspace

SIZE, RATE = "96x160", 16_000


@pytest.fixture
def made(tmp_path, jerk, click):
    """Make a clip of the jerk at 3 s, and give its folder."""

    def make(start: int, stop: int, song: bool = True, music_start: float = 0.0, **options):
        config = RenderConfig(
            src=(tmp_path,), workspace=tmp_path / "workspace", size=SIZE, renderer="builtin",
            **{"fps": 15.0, **options},
        )  # fmt: skip
        music = click(tmp_path / "a.wav", at=3.0 + music_start) if song else None
        dance = jerk(tmp_path / "a.npz")
        job = ClipJob(config, Source(dance, music), "clip", "0" * 64, "1" * 64 if song else None,
                      music_start, start, stop, 0.0)  # fmt: skip
        assert make_clip(job) == "clip"
        return Workspace(config.workspace).clip("clip")

    return make


def moment_of_the_jerk(video) -> int:
    """The first frame that looks different."""
    frames = np.stack(list(read_frames(video))).astype(float)
    return int(np.abs(np.diff(frames, axis=0)).mean((1, 2, 3)).argmax()) + 1


@pytest.mark.parametrize(("fps", "music_start"), [(15.0, 0.0), (29.97, 0.5)])
def test_sound_and_picture_are_in_step_and_end_together(made, fps, music_start):
    stop = 20 + round(5 * fps)
    folder = made(20, stop, fps=fps, music_start=music_start, body="skeleton")
    info = probe_video(folder / "video.mp4")
    rate = float(info.fps)
    assert rate == pytest.approx(fps, abs=0.001)
    assert info.frames == round(5 * fps)
    assert abs(probe_audio(folder / "video.mp4").seconds - info.frames / rate) <= 1 / rate
    seen = moment_of_the_jerk(folder / "video.mp4") / rate
    heard = np.abs(load_audio(folder / "video.mp4", RATE)).argmax() / RATE
    assert seen == pytest.approx(3.0 - 20 / rate, abs=1 / rate)
    assert heard == pytest.approx(3.0 - 20 / rate, abs=0.012)


def test_the_files_agree_with_each_other(made):
    folder = made(0, 75, song=False, export=("npz", "bvh", "glb"))
    points = load_keypoints(folder / "keypoints.npz")
    assert points.xy.shape == (75, 29, 2)
    assert (points.fps, points.width, points.height) == (15.0, 96, 160)
    poses = list(read_frames(folder / "pose.mp4"))
    pictures = list(read_frames(folder / "video.mp4"))
    assert len(poses) == len(pictures) == 75
    wall = pictures[0][4, 4].astype(int)
    for frame in (10, 60):
        for name in ("left_wrist", "right_wrist", "left_knee", "nose"):
            x, y = np.floor(points.xy[frame, POINT[name]]).astype(int)
            assert points.visibility[frame, POINT[name]] > 0.5
            assert poses[frame][y - 2 : y + 3, x - 2 : x + 3].max() > 60, name
            assert np.abs(pictures[frame][y, x].astype(int) - wall).max() > 40, name
    motion = load_motion(folder / "motion.npz")
    assert (motion.frames, motion.fps) == (75, 15.0)
    with np.load(folder / "keypoints.npz") as arrays:
        np.testing.assert_allclose(arrays["xyz"][:, :24], motion.joints(), atol=1e-5)
    facts = json.loads((folder / "clip.json").read_text())
    assert set(facts["files"]) == {
        "video.mp4", "pose.mp4", "keypoints.npz", "motion.npz", "motion.bvh", "motion.glb",
    }  # fmt: skip
    assert facts["music"] is None
    assert facts["has_sound"] is False


def test_the_same_clip_is_the_same_bytes(made, tmp_path):
    folder = made(10, 30, vary=True)
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    (folder / "clip.json").unlink()
    made(10, 30, vary=True)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first


def test_a_clip_after_the_end_of_the_song_is_silent(made, tmp_path, click):
    folder = made(0, 15, music_start=20.0, body="skeleton")
    assert not probe_video(folder / "video.mp4").has_audio
    assert json.loads((folder / "clip.json").read_text())["has_sound"] is False


def test_variety_changes_the_picture_and_not_the_dance(made):
    plain = list(read_frames(made(0, 15, song=False) / "video.mp4"))
    folder = made(0, 15, song=False)
    (folder / "clip.json").unlink()
    varied = list(read_frames(made(0, 15, song=False, vary=True, seed=3) / "video.mp4"))
    assert np.abs(varied[0].astype(int) - plain[0].astype(int)).mean() > 5


@pytest.mark.parametrize("camera", ["front", "side", "orbit", "follow"])
def test_every_camera_keeps_the_whole_dancer_in_the_picture(made, camera):
    points = load_keypoints(
        made(0, 45, song=False, camera=camera, body="skeleton") / "keypoints.npz"
    )
    assert (points.xy > 0).all()
    assert (points.xy < [96, 160]).all()
