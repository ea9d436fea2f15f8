"""The real detector on real pictures: pose, matte, and the right refusals."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipelines.keypoints.detector import detect_person, on_white
from pipelines.keypoints.person import POINT, ReferencePerson
from pipelines.keypoints.skeletons import COCO_17
from pipelines.media.image import load_picture
from pipelines.support.errors import UnsuitableInput

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def dancer_picture() -> np.ndarray:
    return load_picture(ROOT / "examples" / "dancer.png")


@pytest.fixture(scope="module")
def dancer(dancer_picture: np.ndarray) -> ReferencePerson:
    return detect_person(dancer_picture)


def on_the_matte(person: ReferencePerson) -> float:
    """Share of the body's points that lie on the matte."""
    seen = np.flatnonzero(person.confidence[:24] > 0)
    x, y = person.xy[seen].astype(int).T
    return float((person.matte[y, x] > 0.5).mean())


def test_the_example_dancer(dancer: ReferencePerson) -> None:
    assert dancer.coverage == "full" and dancer.source == "mediapipe"
    assert (dancer.confidence > 0).all() and on_the_matte(dancer) > 0.9
    left, right = dancer.xy[POINT["left_wrist"]], dancer.xy[POINT["right_wrist"]]
    assert left[0] > right[0], "who faces us has their left on the right"
    rows = np.flatnonzero((dancer.matte > 0.5).any(1))
    assert rows[-1] - dancer.xy[POINT["left_foot"], 1] < 0.05 * np.ptp(rows)
    assert 0.08 < (dancer.matte > 0.5).mean() < 0.3


def test_detection_is_repeatable(dancer_picture: np.ndarray, dancer: ReferencePerson) -> None:
    again = detect_person(dancer_picture)
    assert (again.xy == dancer.xy).all() and (again.matte == dancer.matte).all()


def test_a_cut_off_dancer_is_an_upper_body(dancer_picture: np.ndarray) -> None:
    person = detect_person(dancer_picture[: round(0.55 * len(dancer_picture))])
    assert person.coverage == "upper"
    assert person.confidence[POINT["left_ankle"]] == 0
    assert person.confidence[POINT["left_shoulder"]] > 0.5


def test_the_same_dancer_twice_is_several_people(dancer_picture: np.ndarray) -> None:
    with pytest.raises(UnsuitableInput, match="several people") as caught:
        detect_person(np.hstack([dancer_picture, dancer_picture]))
    assert "--ref-mask" in caught.value.hint


def test_a_mask_picks_one_of_two(
    tmp_path: Path, dancer_picture: np.ndarray, dancer: ReferencePerson
) -> None:
    both = np.hstack([dancer_picture, dancer_picture])
    mask = np.zeros(both.shape[:2], np.uint8)
    mask[:, dancer_picture.shape[1] :] = (dancer.matte * 255).astype(np.uint8)
    Image.fromarray(mask).save(tmp_path / "mask.png")
    person = detect_person(both, mask_file=tmp_path / "mask.png")
    expected = dancer.xy + np.array([dancer_picture.shape[1], 0])
    assert np.linalg.norm(person.xy - expected, axis=1).max() < 0.06 * len(both)


def test_a_small_dancer_far_away_is_found(dancer_picture: np.ndarray) -> None:
    wide = np.full((900, 1600, 4), 255, np.uint8)
    wide[..., :3] = dancer_picture[:8, :8, :3].mean((0, 1))
    small = np.array(Image.fromarray(dancer_picture).resize((135, 240)))
    wide[600:840, 1100:1235] = small
    person = detect_person(wide)
    assert person.coverage == "full"
    assert 1100 < person.xy[POINT["pelvis"], 0] < 1235


def test_own_alpha_is_the_matte(dancer_picture: np.ndarray, dancer: ReferencePerson) -> None:
    cut = dancer_picture.copy()
    cut[..., 3] = (dancer.matte * 255).astype(np.uint8)
    person = detect_person(cut)
    assert np.abs(person.matte - dancer.matte).max() < 0.01
    assert (person.image[5, 5] == 255).all()
    assert np.linalg.norm(person.xy - dancer.xy, axis=1).max() < 0.05 * len(cut)


def test_points_by_hand_of_the_unscaled_picture(
    tmp_path: Path, dancer_picture: np.ndarray, dancer: ReferencePerson
) -> None:
    points = {name: (2 * dancer.xy[POINT[name]]).tolist() for name in COCO_17}
    file = tmp_path / "points.json"
    file.write_text(json.dumps({"points": points}))
    height, width = dancer_picture.shape[:2]
    person = detect_person(dancer_picture, file, original_size=(2 * width, 2 * height))
    assert person.source == "file" and person.coverage == "full"
    chosen = [POINT[name] for name in COCO_17]
    assert person.xy[chosen] == pytest.approx(dancer.xy[chosen], abs=0.01)
    solid, other = person.matte > 0.5, dancer.matte > 0.5
    assert (solid & other).sum() / (solid | other).sum() > 0.9


@pytest.mark.parametrize("kind", ["empty", "noise", "ball"])
def test_nobody(kind: str) -> None:
    picture = np.full((400, 300, 4), 255, np.uint8)
    if kind == "noise":
        picture[..., :3] = np.random.default_rng(0).integers(0, 255, (400, 300, 3))
    elif kind == "ball":
        rows, columns = np.mgrid[:400, :300]
        picture[(rows - 200) ** 2 + (columns - 150) ** 2 < 90**2, :3] = (200, 40, 40)
    with pytest.raises(UnsuitableInput, match="no person") as caught:
        detect_person(picture)
    assert "--ref-keypoints" in caught.value.hint


def test_white_shows_through_transparency() -> None:
    rgba = np.array([[[10, 20, 30, 255], [10, 20, 30, 0], [0, 0, 0, 128]]], np.uint8)
    assert on_white(rgba).tolist() == [[[10, 20, 30], [255, 255, 255], [127, 127, 127]]]


def test_the_detector_says_nothing_on_stderr() -> None:
    code = (
        "from pathlib import Path; from pipelines.media.image import load_picture; "
        "from pipelines.keypoints.detector import detect_person; import sys; "
        "detect_person(load_picture(Path('examples/dancer.png'))); print('heard', file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "heard"


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("alphapose-1.jpg", "several"),
        ("alphapose-2.jpg", "several"),
        ("alphapose-3.jpg", "several"),
        ("magicanimate-multi1_source.png", "several"),
        ("animateddrawings-char1.png", "silhouette full"),
        ("animateddrawings-char3.png", "silhouette full"),
        ("dispose-ref2.png", "mediapipe upper"),
        ("magicanimate-dalle2.jpeg", "mediapipe upper"),
        ("moore-anyone-1.png", "mediapipe upper"),
        ("moore-anyone-11.png", "mediapipe full"),
        ("musepose-ref.png", "mediapipe full"),
        ("scail-002_ref.jpg", "mediapipe upper"),
        ("unianimate-taiyi2.jpg", "mediapipe full"),
    ],
)
def test_real_pictures(shared_data: Path, name: str, outcome: str) -> None:
    picture = load_picture(shared_data / "image" / name)
    if outcome == "several":
        with pytest.raises(UnsuitableInput, match="several people"):
            detect_person(picture)
        return
    person = detect_person(picture)
    assert f"{person.source} {person.coverage}" == outcome
    assert on_the_matte(person) > 0.8
