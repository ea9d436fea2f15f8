"""ViTPose through transformers: boxes and points in our order; what is missing is named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from pipelines.keypoints import vitpose
from pipelines.keypoints.vitpose import VitPoseFinder
from pipelines.support.errors import MissingAsset

FRAME = np.random.default_rng(0).integers(0, 255, (96, 128, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def finder(tiny_pose_models):
    with VitPoseFinder(*map(str, tiny_pose_models)) as opened:
        yield opened


def test_its_name_tells_both_models(tiny_pose_models):
    detector, pose = map(str, tiny_pose_models)
    assert VitPoseFinder(detector, pose).name == f"{detector} + {pose}"


def test_people_are_ordered_by_size_and_lie_in_the_picture(finder):
    people = finder.find(FRAME)
    assert people, "the tiny detector is sure of people everywhere"
    areas = [person.area for person in people]
    assert areas == sorted(areas, reverse=True) and areas[-1] >= 1
    for person in people:
        assert (person.box >= 0).all() and (person.box <= [128, 96, 128, 96]).all()
        assert person.points.shape == (17, 3) and np.isfinite(person.points).all()
        assert 0.5 <= person.confidence <= 1


def test_the_same_frame_gives_the_same_people(finder):
    for one, other in zip(finder.find(FRAME), finder.find(FRAME), strict=True):
        np.testing.assert_array_equal(one.box, other.box)
        np.testing.assert_array_equal(one.points, other.points)


def test_points_follow_the_box_when_the_picture_is_twice_as_large(finder):
    """Both networks see the picture at their own size, so twice the pixels give twice the place."""
    large = FRAME.repeat(2, 0).repeat(2, 1)
    small_people, large_people = finder.find(FRAME), finder.find(large)
    assert len(small_people) == len(large_people)
    np.testing.assert_allclose(large_people[0].box, 2 * small_people[0].box, atol=3)


def test_nobody_is_nobody(finder, monkeypatch):
    monkeypatch.setattr(finder, "_person", [99])
    assert finder.find(FRAME) == []


def test_slivers_of_boxes_are_left_out(finder, monkeypatch):
    import torch

    boxes = torch.tensor([[10.0, 10, 60, 80], [5, 5, 5.5, 60], [-20, 2, 300, 90], [7, 9, 40, 9.2]])

    def detected(*_: object, **__: object) -> list[dict]:
        return [{"boxes": boxes, "labels": torch.tensor([0, 0, 1, 0]), "scores": torch.ones(4)}]

    monkeypatch.setattr(finder._see, "post_process_object_detection", detected)
    (only,) = finder.find(FRAME)  # two are slivers, one is a dog
    np.testing.assert_allclose(only.box, [10, 10, 60, 80])


def test_boxes_are_cut_to_the_picture(finder, monkeypatch):
    import torch

    def detected(*_: object, **__: object) -> list[dict]:
        return [{
            "boxes": torch.tensor([[-20.0, 2, 300, 90]]), "labels": torch.tensor([0]),
            "scores": torch.tensor([0.75]),
        }]  # fmt: skip

    monkeypatch.setattr(finder._see, "post_process_object_detection", detected)
    (only,) = finder.find(FRAME)
    np.testing.assert_allclose(only.box, [0, 2, 128, 90])
    assert only.confidence == 0.75


def test_points_that_were_not_found_stay_unseen():
    import torch

    found = {
        "labels": torch.tensor([0, 5, 16, 40]),
        "keypoints": torch.tensor([[1.0, 2], [3, 4], [5, 6], [7, 8]]),
        "scores": torch.tensor([0.9, 0.8, 0.7, 0.6]),
    }
    points = vitpose._coco(found)
    np.testing.assert_allclose(points[[0, 5, 16]], [[1, 2, 0.9], [3, 4, 0.8], [5, 6, 0.7]])
    assert (np.delete(points, [0, 5, 16], axis=0) == 0).all()


@pytest.mark.parametrize("which", [0, 1])
def test_a_folder_without_a_model_is_named_by_its_flag(tiny_pose_models, tmp_path, which):
    names = [str(path) for path in tiny_pose_models]
    names[which] = str(tmp_path)
    flag = ("--person-detector", "--pose-model")[which]
    with pytest.raises(MissingAsset, match=f"{flag} {tmp_path}: the folder holds") as caught:
        VitPoseFinder(*names).__enter__()
    assert caught.value.exit_code == 4 and "model.safetensors" in caught.value.hint


def test_a_detector_that_knows_no_people_is_refused(tiny_pose_models, tmp_path: Path):
    detector, pose = tiny_pose_models
    copy = tmp_path / "dogs"
    shutil.copytree(detector, copy)
    config = json.loads((copy / "config.json").read_text())
    config["id2label"] = {"0": "cat", "1": "dog"}
    config["label2id"] = {"cat": 0, "dog": 1}
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(MissingAsset, match="has no class named person"):
        VitPoseFinder(str(copy), str(pose)).__enter__()
