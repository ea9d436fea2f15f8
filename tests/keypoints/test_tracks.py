"""Every keypoint format that is read, told apart and put into one order."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pipelines.keypoints.skeletons import COCO_17, COCO_25_EASY_VITPOSE, OPENPOSE_18, OPENPOSE_25
from pipelines.keypoints.tracks import PoseTrack, read_track, save_track
from pipelines.support.errors import UnsuitableInput

FRAMES = 4


def points(count):
    """(T, K, 3): x = 100 + k + t, y = 10 k, sure."""
    t, k = np.meshgrid(np.arange(FRAMES), np.arange(count), indexing="ij")
    return np.stack([100.0 + k + t, 10.0 * k, np.full(k.shape, 0.9)], axis=-1)


def write(path, content):
    path.write_text(json.dumps(content))
    return path


def at(track, name, frame=0):
    return track.xy[frame, track.names.index(name)].tolist()


def test_easy_vitpose_swaps_its_axes_back_and_names_by_its_own_list(tmp_path):
    names = [n.replace("pelvis", "hip").replace("left_foot", "left_big_toe")
             for n in COCO_25_EASY_VITPOSE]  # fmt: skip
    stored = points(25)[..., [1, 0, 2]]
    for skeleton in (names, {str(number): name for number, name in enumerate(names)}):
        path = write(tmp_path / "a.json", {"fps": 25, "skeleton": skeleton,
                                           "keypoints": stored.tolist()})  # fmt: skip
        track = read_track(path)
        assert track.fps == 25
        assert at(track, "left_shoulder") == [106, 60]
        assert at(track, "pelvis", 2) == [116, 140]
        assert track.layout == "easy_ViTPose"
        assert track.easy_vitpose() == pytest.approx(stored)


def test_easy_vitpose_by_person_with_gaps(tmp_path):
    names = list(COCO_25_EASY_VITPOSE)
    stored = points(25)[..., [1, 0, 2]].tolist()
    people = [{"0": stored[0], "7": stored[3]}, {}, {"5": stored[2], "3": stored[1]}, {}]
    path = write(tmp_path / "a.json", {"fps": 25, "skeleton": names, "keypoints": people})
    track = read_track(path)
    assert at(track, "nose") == [100, 0]
    assert at(track, "nose", 2) == [101, 0]
    assert track.confidence.max(axis=1).tolist() == [0.9, 0, 0.9, 0]


@pytest.mark.parametrize(
    ("count", "names"), [(17, COCO_17), (133, COCO_17), (18, OPENPOSE_18), (25, OPENPOSE_25)]
)
def test_arrays_per_frame(tmp_path, count, names):
    path = write(tmp_path / "a.json", {"fps": 30, "keypoints": points(count).tolist()})
    track = read_track(path)
    number = names.index("right_wrist")
    assert at(track, "right_wrist", 1) == [101 + number, 10 * number]
    flat = write(tmp_path / "b.json", points(count).reshape(FRAMES, -1).tolist())
    assert read_track(flat, fps=30).xy == pytest.approx(track.xy)


def test_wholebody_feet(tmp_path):
    path = write(tmp_path / "a.json", {"fps": 30, "keypoints": points(133).tolist()})
    assert at(read_track(path), "left_foot") == [117, 170]
    assert at(read_track(path), "right_foot") == [120, 200]


def test_coco_annotations_take_the_surest_person_and_leave_gaps(tmp_path):
    one = points(17)
    unsure = one.copy()
    unsure[..., 2] = 0.1
    rows = [{"image_id": 5 + t, "keypoints": p[t].ravel().tolist()}
            for t in (0, 1, 3) for p in (unsure + np.array([1, 1, 0]), one)]  # fmt: skip
    for content in ({"annotations": rows, "fps": 24}, rows):
        track = read_track(write(tmp_path / "a.json", content), fps=24)
        assert track.frames == 4
        assert at(track, "nose", 3) == [103, 0]
        assert track.confidence[2].max() == 0


def test_mmpose(tmp_path):
    p = points(17)
    info = [{"frame_id": t, "instances": [{"keypoints": p[t, :, :2].tolist(),
                                           "keypoint_scores": p[t, :, 2].tolist()}]}
            for t in range(FRAMES)]  # fmt: skip
    info[1]["instances"] = []
    track = read_track(write(tmp_path / "a.json", {"instance_info": info}), fps=30)
    assert at(track, "left_ankle", 2) == [117, 150]
    assert track.confidence[1].max() == 0


def test_openpose_by_frame(tmp_path):
    folder = tmp_path / "clip"
    folder.mkdir()
    for t, frame in enumerate(points(25)):
        people = [{"pose_keypoints_2d": frame.ravel().tolist()}] if t != 2 else []
        write(folder / f"clip_{t:012d}_keypoints.json", {"people": people})
    track = read_track(folder, fps=30)
    assert (track.layout, track.frames) == ("OpenPose", 4)
    assert at(track, "pelvis") == [108, 80]
    assert track.confidence[2].max() == 0
    with pytest.raises(UnsuitableInput, match="frame rate"):
        read_track(folder)


def test_npz_there_and_back(tmp_path):
    path = write(tmp_path / "a.json", {"fps": 30, "keypoints": points(17).tolist()})
    track = read_track(path)
    save_track(track, tmp_path / "a.npz")
    again = read_track(tmp_path / "a.npz")
    assert (again.names, again.fps, again.layout) == (track.names, 30, "COCO")
    assert again.xy == pytest.approx(track.xy)


def test_nan_and_the_origin_are_unseen(tmp_path):
    p = points(17)
    p[1, 3, :2] = 0
    text = json.dumps({"fps": 30, "keypoints": p.tolist()}).replace("150.0", "NaN", 1)
    (tmp_path / "a.json").write_text(text)
    track = read_track(tmp_path / "a.json")
    assert track.confidence[1, 3] == 0
    assert track.confidence[0, 15] == 0


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "3", '{"keypoints": []}', '{"fps": 30, "keypoints": [[[1, 2, 3]]]}',
     '{"fps": 30, "skeleton": ["nose"], "keypoints": [[[1, 2, 3], [1, 2, 3]]]}',
     '{"fps": 0.0001e9, "keypoints": "text"}', '[{"a": 1}]', "9" * 400,
     '"' + "a" * 5000 + '"'],
)  # fmt: skip
def test_what_is_no_keypoint_file(tmp_path, text):
    (tmp_path / "odd.json").write_text(text)
    with pytest.raises(UnsuitableInput, match=r"odd\.json") as caught:
        read_track(tmp_path / "odd.json")
    assert len(caught.value.what) < 600


def test_frame_numbers_that_no_video_has_are_refused_before_memory_is_made_for_them(tmp_path):
    rows = [{"image_id": number, "keypoints": [1] * 51} for number in (0, 10**30)]
    write(tmp_path / "odd.json", {"fps": 30, "annotations": rows})
    with pytest.raises(UnsuitableInput, match="no one video"):
        read_track(tmp_path / "odd.json")


def test_what_is_no_npz(tmp_path):
    (tmp_path / "odd.npz").write_bytes(b"PK no archive")
    with pytest.raises(UnsuitableInput, match=r"odd\.npz"):
        read_track(tmp_path / "odd.npz")
    for xy in (np.float64(3), np.zeros(4), np.zeros((3, 2, 2)), np.zeros((0, 1, 2))):
        np.savez(tmp_path / "odd.npz", skeleton=["nose"], xy=xy, visibility=1.0, fps=30.0)
        with pytest.raises(UnsuitableInput, match=r"odd\.npz"):
            read_track(tmp_path / "odd.npz")
    with pytest.raises(UnsuitableInput, match="No such file"):
        read_track(tmp_path / "missing.json")


def test_openpose_counts_as_people_do(tmp_path):
    """0, 1, 2, ... 10, 11 and not 0, 1, 10, 11, 2, padded or not."""
    folder = tmp_path / "poses"
    folder.mkdir()
    for t in range(12):
        keypoints = [float(10 * t + 1), 5.0, 1.0] * 25
        people = [{"pose_keypoints_2d": keypoints}]
        write(folder / f"{t}_keypoints.json", {"people": people})
    track = read_track(folder, fps=30)
    assert (np.diff(track.xy[:, 0, 0]) == 10).all()


def moving(times):
    """A point that goes round once a second, seen at these times."""
    xy = np.stack([100 + 50 * np.cos(2 * np.pi * times), 100 + 50 * np.sin(2 * np.pi * times)], -1)
    return PoseTrack(("nose",), xy[:, None], np.ones((len(times), 1)), 25.0, "test")


def test_uneven_frames_are_put_where_they_were_seen():
    """Every third frame only in the second half, time stamps kept."""
    even = np.arange(100) / 25
    kept = np.concatenate([np.arange(50), np.arange(50, 100, 3)])
    again = moving(even[kept]).at_even_times(even[kept])
    assert again.fps == pytest.approx(25)
    assert again.frames == kept[-1] + 1
    truth = moving(np.arange(again.frames) / 25)
    off = np.linalg.norm(again.xy - truth.xy, axis=-1)
    assert off[:50].max() < 1e-6
    assert off.max() < 5  # the sagitta of three frames on that circle


def test_even_frames_stay_as_they_are():
    track = moving(np.arange(50) / 25)
    jitter = np.arange(50) / 25 + np.random.default_rng(0).uniform(-0.004, 0.004, 50)
    assert track.at_even_times(np.arange(50) / 25) is track
    assert track.at_even_times(jitter - jitter[0]) is track
    assert track.at_even_times(np.zeros(0)) is track


def test_between_a_seen_and_an_unseen_frame_nothing_is_seen():
    times = np.array([0, 0.04, 0.08, 0.2, 0.24, 0.28])
    track = moving(times)
    track.confidence[3] = 0
    again = track.at_even_times(times)
    assert (again.confidence[[0, 1, 2, 6, 7], 0] == [1, 1, 1, 1, 1]).all()
    assert (again.confidence[3:6, 0] == 0).all()
