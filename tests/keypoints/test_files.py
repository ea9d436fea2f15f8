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
    save_exact_keypoints,
    save_keypoints,
)
from pipelines.keypoints.person import POINT, POINT_NAMES
from pipelines.keypoints.projection import see_dance
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


def altered(path: Path, **changes: object) -> Path:
    """The archive with some arrays replaced, or dropped where None is given."""
    with np.load(path) as archive:
        held = {**{key: archive[key] for key in archive.files}, **changes}
    np.savez(path, **{key: value for key, value in held.items() if value is not None})
    return path


@pytest.fixture
def saved(tmp_path: Path, make_person, standing) -> Path:
    save_keypoints(
        tmp_path / "keypoints.npz", stage_dance(*standing, 30.0, make_person(), 540, 960)
    )
    return tmp_path / "keypoints.npz"


def test_arrays_that_other_tools_read(saved: Path) -> None:
    with np.load(saved, allow_pickle=False) as archive:
        held = {name: (archive[name].shape, archive[name].dtype.kind) for name in archive.files}
    assert held == {
        "skeleton": ((29,), "U"), "xy": ((10, 29, 2), "f"), "visibility": ((10, 29), "f"),
        "depth": ((10, 29), "f"), "fps": ((), "f"), "width": ((), "i"), "height": ((), "i"),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["skeleton", "xy", "visibility", "depth", "fps", "width"])
def test_a_missing_array_is_named(saved: Path, name: str) -> None:
    with pytest.raises(UnsuitableInput, match=f"not a keypoints file of macedance.*{name}"):
        load_keypoints(altered(saved, **{name: None}))


@pytest.mark.parametrize("kept", [0, 30, 900, -50])
def test_cut_off_files_are_refused(saved: Path, kept: int) -> None:
    saved.write_bytes(saved.read_bytes()[:kept])
    with pytest.raises(UnsuitableInput, match=r"keypoints\.npz: is not a keypoints file"):
        load_keypoints(saved)


@pytest.mark.parametrize(
    "change",
    [
        {"visibility": np.ones((9, 29))},
        {"depth": np.ones((10, 28))},
        {"xy": np.ones((10, 29))},
        {"skeleton": np.array(POINT_NAMES[:-1])},
        {"fps": np.array([30.0, 30.0])},
    ],
)
def test_arrays_that_do_not_fit_each_other_are_refused(saved: Path, change: dict) -> None:
    with pytest.raises(UnsuitableInput, match="not a keypoints file"):
        load_keypoints(altered(saved, **change))


def test_a_rendered_dance_keeps_its_cameras_and_its_points_in_space(
    tmp_path: Path, standing
) -> None:
    from pipelines.body.camera import frame_points

    rotations, trans = standing
    camera = frame_points(np.array([[0, 0, 0.0], [0, 0, 1.8]]), 96, 160)
    dance = see_dance(rotations, trans, [camera] * len(trans), 15.0)
    visibility = np.random.default_rng(0).random((len(trans), 29))
    save_exact_keypoints(tmp_path / "k.npz", dance, visibility)
    read = load_keypoints(tmp_path / "k.npz")
    assert (read.fps, read.width, read.height) == (15.0, 96, 160)
    np.testing.assert_allclose(read.xy, dance.xy, atol=1e-3)
    np.testing.assert_allclose(read.visibility, visibility, atol=1e-6)
    with np.load(tmp_path / "k.npz") as held:
        # Whoever reads the file can project its points again and finds its pixels.
        local = np.einsum(
            "tab,tkb->tka", held["camera_rotation"], held["xyz"] - held["camera_position"][:, None]
        )
        pixels = local[..., :2] / local[..., 2:] * held["camera_focal"][:, None, None] + [48, 80]
        np.testing.assert_allclose(pixels, held["xy"], atol=0.01)
        np.testing.assert_allclose(local[..., 2], held["depth"], atol=1e-4)


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


def test_an_opaque_picture_is_read_by_its_brightness(tmp_path: Path) -> None:
    """Painting programs save masks with an alpha channel that says nothing."""
    mask = np.zeros((100, 60), np.uint8)
    mask[30:70, 20:40] = 255
    opaque = np.dstack([mask, mask, mask, np.full_like(mask, 255)])
    Image.fromarray(opaque).save(tmp_path / "opaque.png")
    matte = read_mask(tmp_path / "opaque.png", 60, 100)
    np.testing.assert_array_equal(matte > 0.5, mask > 0)
    Image.fromarray(np.full((100, 60), 255, np.uint8)).save(tmp_path / "white.png")
    with pytest.raises(UnsuitableInput, match="all white"):
        read_mask(tmp_path / "white.png", 60, 100)


def test_a_picture_that_would_fill_the_memory_is_refused(tmp_path: Path, monkeypatch) -> None:
    Image.fromarray(np.zeros((100, 60), np.uint8)).save(tmp_path / "a.png")
    monkeypatch.setattr("pipelines.keypoints.files._MASK_PIXELS", 5999)
    with pytest.raises(UnsuitableInput, match="too large"):
        read_mask(tmp_path / "a.png", 60, 100)


def test_points_may_tell_how_sure_they_are(tmp_path: Path, make_person) -> None:
    points = body(make_person())
    points["left_wrist"] = [*points["left_wrist"], 0.4]
    points["right_wrist"] = [*points["right_wrist"], 7]
    points["left_ankle"] = [*points["left_ankle"], 0]
    read = read_reference_points(write(tmp_path / "p.json", {"points": points}), 540, 960)
    assert read.confidence[POINT["left_wrist"]] == 0.4
    assert read.confidence[POINT["right_wrist"]] == 1.0
    assert read.confidence[POINT["left_ankle"]] == 0.0
    assert read.confidence[POINT["nose"]] == 1.0


@pytest.mark.parametrize(
    ("x", "y", "inside"),
    [(0, 0, True), (540, 960, True), (-0.1, 5, False), (5, 960.1, False), (float("nan"), 5, False)],
)
def test_points_lie_in_the_picture_to_its_very_edge(tmp_path, make_person, x, y, inside) -> None:
    points = body(make_person()) | {"left_wrist": [x, y]}
    path = write(tmp_path / "p.json", {"points": points})
    if inside:
        assert read_reference_points(path, 540, 960).confidence[POINT["left_wrist"]] == 1
    else:
        with pytest.raises(UnsuitableInput, match=r"left_wrist at .* is outside the 540x960"):
            read_reference_points(path, 540, 960)
