"""Keypoint files: what we write we read; reference points in three formats; clear refusals."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipelines.keypoints.files import (
    load_keypoints,
    read_mask,
    read_reference_points,
    save_keypoints,
)
from pipelines.keypoints.person import POINT, POINT_NAMES
from pipelines.keypoints.skeletons import COCO_17, OPENPOSE_18, OPENPOSE_25
from pipelines.keypoints.staging import stage_dance
from pipelines.support.errors import UnsuitableInput


def test_keypoints_round_trip(tmp_path: Path, make_person, standing) -> None:
    staged = stage_dance(*standing, 30.0, make_person(), 540, 960)
    path = tmp_path / "keypoints.npz"
    save_keypoints(path, staged)
    read = load_keypoints(path)
    assert read.skeleton == POINT_NAMES
    assert (read.fps, read.width, read.height) == (30.0, 540, 960)
    assert read.xy == pytest.approx(staged.xy, abs=1e-3)
    assert read.depth == pytest.approx(staged.depth, abs=1e-4)
    assert read.visibility == pytest.approx(staged.visibility)


def test_other_files_are_no_keypoints(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("no")
    np.savez(tmp_path / "motion.npz", poses=np.zeros(3))
    for name in ("text.npz", "motion.npz", "missing.npz"):
        with pytest.raises(UnsuitableInput, match="not a keypoints file"):
            load_keypoints(tmp_path / name)


def write(path: Path, data: object) -> Path:
    path.write_text(json.dumps(data))
    return path


def body(person) -> dict[str, list[float]]:
    return {name: person.xy[POINT[name]].tolist() for name in COCO_17}


def flat(person, names: tuple[str, ...]) -> list[float]:
    return [v for n in names for v in ([*person.xy[POINT[n]], 0.9] if n else [0.0, 0.0, 0.0])]


@pytest.mark.parametrize("kind", ["own", "coco", "coco list", "openpose 18", "openpose 25"])
def test_every_format_gives_all_points(tmp_path: Path, make_person, kind: str) -> None:
    person = make_person()
    data = {
        "own": {"points": body(person)},
        "coco": {"annotations": [{"keypoints": flat(person, COCO_17)}]},
        "coco list": [{"keypoints": flat(person, COCO_17)}],
        "openpose 18": {"people": [{"pose_keypoints_2d": flat(person, OPENPOSE_18)}]},
        "openpose 25": {"people": [{"pose_keypoints_2d": flat(person, OPENPOSE_25)}]},
    }[kind]
    points = read_reference_points(write(tmp_path / "p.json", data), 540, 960)
    assert (points.confidence > 0).all()
    away = np.linalg.norm(points.xy - person.xy, axis=1)
    assert away[[POINT[name] for name in COCO_17]].max() < 1e-6
    assert away.max() < 0.12 * 330


def test_unseen_points_stay_unseen(tmp_path: Path, make_person) -> None:
    points = {n: xy for n, xy in body(make_person()).items() if not n.endswith(("knee", "ankle"))}
    points["left_wrist"] = None
    read = read_reference_points(write(tmp_path / "p.json", {"points": points}), 540, 960)
    for name in ("left_knee", "right_foot", "left_wrist", "left_hand"):
        assert read.confidence[POINT[name]] == 0
    assert read.confidence[POINT["right_hand"]] > 0


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"points": {"left_nostril": [1, 2]}}, "left_nostril"),
        ({"points": {"nose": [10, 10]}}, "left_shoulder and right_shoulder missing"),
        ({"points": {"nose": [5000, 10]}}, "outside"),
        ({"points": {"nose": "here"}}, "no keypoints"),
        ({"people": []}, "0 people"),
        ({"annotations": [{"keypoints": []}] * 2}, "2 people"),
        ({"keypoints": [1, 2, 3]}, "3 numbers"),
        ({"hello": 1}, "no keypoints"),
        ([], "0 people"),
    ],
)
def test_bad_points_are_named(tmp_path: Path, data: object, says: str) -> None:
    with pytest.raises(UnsuitableInput, match=says):
        read_reference_points(write(tmp_path / "p.json", data), 540, 960)


def test_a_file_that_is_no_json(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_bytes(b"\xff\xfe nonsense {")
    for name in ("p.json", "missing.json"):
        with pytest.raises(UnsuitableInput, match=r"not JSON|cannot be read"):
            read_reference_points(tmp_path / name, 540, 960)


def test_masks(tmp_path: Path) -> None:
    mask = np.zeros((200, 100), np.uint8)
    mask[50:150, 30:70] = 255
    Image.fromarray(mask).save(tmp_path / "grey.png")
    rgba = np.dstack([np.full((200, 100, 3), 90, np.uint8), mask])
    Image.fromarray(rgba).save(tmp_path / "alpha.png")
    for name in ("grey.png", "alpha.png"):
        matte = read_mask(tmp_path / name, 50, 100)
        assert matte.shape == (100, 50) and matte.dtype == np.float32
        assert matte[50, 25] == 1 and matte[5, 5] == 0
    with pytest.raises(UnsuitableInput, match="100x200"):
        read_mask(tmp_path / "grey.png", 100, 100)
    Image.fromarray(mask * 0).save(tmp_path / "black.png")
    with pytest.raises(UnsuitableInput, match="all black"):
        read_mask(tmp_path / "black.png", 100, 200)
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(UnsuitableInput, match="cannot be read"):
        read_mask(tmp_path / "text.png", 100, 200)
