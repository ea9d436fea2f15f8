import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.appearance_expert.training.clips import TrainingClip
from pipelines.appearance_expert.training.frames import (
    Dancer,
    FaceCrops,
    find_dancer,
    source_frames,
    window_for,
)
from pipelines.keypoints.person import POINT


def test_window_keeps_the_shape_and_the_dancer():
    window = window_for(1280, 720, (48, 64), np.array([1200.0, 300.0]))
    assert (window.width, window.height) == (540, 720)
    assert (window.left, window.top) == (740, 0)  # the picture's edge holds it
    picture = np.zeros((720, 1280, 3), np.uint8)
    picture[300:420, 900:1000] = 255
    cut = window.cut(picture)
    assert cut.shape == (64, 48, 3)
    rows, columns = np.nonzero(cut[..., 0] > 127)
    left, top = window.place(np.array([[900.0, 300.0]]))[0]
    assert abs(columns.min() - left) <= 1
    assert abs(rows.min() - top) <= 1


@pytest.mark.parametrize(
    ("fps", "source", "expected"),
    [(30, 30, [3, 4, 5]), (15, 30, [6, 8, 10]), (30, 15, [2, 2, 3]), (25, 30, [4, 5, 6])],
)
def test_frames_follow_time(fps, source, expected):
    assert source_frames(3, 3, fps, source, 99).tolist() == expected


@given(
    st.integers(1, 400), st.sampled_from([8, 12, 12.5, 15, 24, 25, 30, 60]), st.integers(8, 60)
)  # fmt: skip
def test_no_frame_is_asked_for_that_there_is_not(frames, source, fps):
    """Of a clip at 15 frames a second that is taken at 30, the frame behind its last one was."""
    total = int(frames * fps / source + 1e-6)  # as `count_frames` counts
    numbers = source_frames(total, 0, fps, source, frames)
    assert (numbers < frames).all() and (np.diff(numbers) >= 0).all()
    if total and fps >= source:
        assert numbers[-1] >= frames - 2


def test_a_video_that_is_too_short_is_not_stretched():
    assert source_frames(3, 9, 30, 30, 10).tolist() == [9, 10, 11]


def test_exact_keypoints_are_the_files(clip_workspace, swaying):
    folder = clip_workspace / "clips" / "train0"
    clip = TrainingClip("c", folder / "video.mp4", "d", 0, keypoints=folder / "keypoints.npz")
    dancer = find_dancer(clip)
    assert np.allclose(dancer.xy, swaying(12, 48, 64).xy - 0.5, atol=1e-4)
    assert dancer.visibility.min() == 1
    x, y = dancer.centre()
    assert 0 < x < 48
    assert 0 < y < 64


def test_sparse_keypoints_are_found_anew(dancers, tmp_path):
    """`curate` looks three times a second; 30 skeletons a second cannot be guessed from that."""
    video = dancers("one", 2.0)
    names = np.array(["nose", "left_shoulder"])
    np.savez(
        tmp_path / "k.npz", skeleton=names, xy=np.zeros((6, 2, 2)), visibility=np.ones((6, 2)),
        depth=np.zeros((6, 2)), fps=3.0, width=480, height=320,
    )  # fmt: skip
    dancer = find_dancer(TrainingClip("c", video, "d", 0, keypoints=tmp_path / "k.npz"))
    assert dancer.xy.shape == (20, 29, 2)
    seen = dancer.visibility[5:, POINT["nose"]]
    assert (seen > 0.5).all()
    x, y = dancer.xy[5:, POINT["nose"]].mean(0)
    assert 180 < x < 290
    assert 10 < y < 110


def test_the_last_good_face_holds_while_none_is_seen(portrait):
    xy = np.repeat(portrait.xy[None], 3, axis=0)
    visibility = np.repeat(portrait.confidence[None], 3, axis=0)
    visibility[0], visibility[2] = 0, 0
    crops = FaceCrops(Dancer(xy, visibility), 16)
    first, second, third = (crops.of(portrait.image, frame) for frame in range(3))
    assert not first.any()
    assert second.shape == (16, 16, 3)
    assert np.array_equal(second, third)
    assert second.any()
