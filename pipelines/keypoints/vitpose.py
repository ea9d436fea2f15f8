"""ViTPose with a person detector, through transformers, for those who have the weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.keypoints.people import Image, Person
from pipelines.keypoints.skeletons import COCO_17
from pipelines.support.errors import MissingAsset

_LEAST_CONFIDENCE = 0.5
_COCO_POINTS = len(COCO_17)


class VitPoseFinder:
    """People by any object detector of transformers that knows "person", their points by ViTPose.

    Args:
        detector, pose: local folders, or ids of models in the Hugging Face cache.
        device: "cpu" or "cuda".

    Raises:
        MissingAsset: a model is not there, or is not what is needed.
    """

    def __init__(self, detector: str, pose: str, device: str = "cpu") -> None:
        self.name = f"{detector} + {pose}"
        self._folders = detector, pose
        self._device = device

    def __enter__(self) -> VitPoseFinder:
        import torch
        from transformers import (
            AutoImageProcessor,
            AutoModelForObjectDetection,
            AutoProcessor,
            VitPoseForPoseEstimation,
        )

        detector, pose = self._folders
        self._torch = torch
        self._see = _load(AutoImageProcessor, detector, "--person-detector")
        self._detector = _load(AutoModelForObjectDetection, detector, "--person-detector")
        self._prepare = _load(AutoProcessor, pose, "--pose-model")
        self._pose = _load(VitPoseForPoseEstimation, pose, "--pose-model")
        labels = self._detector.config.id2label
        self._person = [int(key) for key, label in labels.items() if label.lower() == "person"]
        if not self._person:
            raise MissingAsset(
                f"--person-detector {detector}: has no class named person",
                "use a detector trained on COCO, such as RT-DETR",
            )
        for network in (self._detector, self._pose):
            network.to(self._device).eval()
        return self

    def __exit__(self, *_: object) -> None:
        del self._detector, self._pose

    def find(self, rgb: Image, near: Person | None = None, several: bool = False) -> list[Person]:
        """See PeopleFinder; `near` is not needed."""
        with self._torch.inference_mode():
            boxes, scores = self._boxes(rgb)
            if not len(boxes):
                return []
            points = self._points(rgb, boxes)
        people = [
            Person(box, float(score), marks)
            for box, score, marks in zip(boxes, scores, points, strict=True)
        ]
        return sorted(people, key=lambda person: person.area, reverse=True)

    def _boxes(self, rgb: Image) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        inputs = self._see(images=rgb, return_tensors="pt").to(self._device)
        found = self._see.post_process_object_detection(
            self._detector(**inputs), threshold=_LEAST_CONFIDENCE, target_sizes=[rgb.shape[:2]]
        )[0]
        labels = found["labels"].cpu().numpy()
        wanted = np.isin(labels, self._person)
        boxes = found["boxes"].cpu().numpy().astype(np.float64)[wanted]
        limit = np.array([rgb.shape[1], rgb.shape[0]] * 2, np.float64)
        boxes = np.clip(boxes, 0, limit)
        large = (boxes[:, 2] - boxes[:, 0] >= 1) & (boxes[:, 3] - boxes[:, 1] >= 1)
        return boxes[large], found["scores"].cpu().numpy()[wanted][large]

    def _points(self, rgb: Image, boxes: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        # ViTPose wants left, top, width, height.
        wide = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
        inputs = self._prepare(rgb, boxes=[wide.tolist()], return_tensors="pt").to(self._device)
        extra: dict[str, Any] = {}
        if getattr(self._pose.config.backbone_config, "num_experts", 1) > 1:
            # ViTPose++: expert 0 was trained on COCO.
            extra["dataset_index"] = self._torch.zeros(len(boxes), dtype=self._torch.int64)
        found = self._prepare.post_process_pose_estimation(
            self._pose(**inputs, **extra), boxes=[wide.tolist()]
        )[0]
        return [_coco(one) for one in found]


def _coco(found: dict[str, Any]) -> NDArray[np.float64]:
    """(17, 3) of what post-processing gives, which leaves out points that it did not find."""
    points = np.zeros((_COCO_POINTS, 3))
    labels = found["labels"].cpu().numpy()
    known = labels < _COCO_POINTS
    points[labels[known], :2] = found["keypoints"].cpu().numpy()[known]
    points[labels[known], 2] = found["scores"].cpu().numpy()[known]
    return points


def _load(kind: Any, name: str, flag: str) -> Any:
    try:
        return kind.from_pretrained(name)
    except (OSError, ValueError, ImportError, KeyError) as error:
        reason = " ".join(str(error).split())[:160]
        where = "the folder" if Path(name).is_dir() else "neither a folder nor in the cache; it"
        raise MissingAsset(
            f"{flag} {name}: {where} holds no such model ({reason})",
            "give a folder with config.json, preprocessor_config.json and model.safetensors",
        ) from error
