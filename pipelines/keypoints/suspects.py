"""BlazePose's two halves, each alone: all whom its detector suspects, and the body of one of them.

MediaPipe's own graph follows the best detection and forgets the others, which it has already paid
for. One pass of the detector costs less than half of a whole look.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.keypoints.blazepose import Box, Image, Sighting, quiet_stderr
from pipelines.support.errors import MissingAsset

_DETECTOR = """
input_stream: "image"
output_stream: "detections"
node {
  calculator: "PoseDetectionCpu"
  input_stream: "IMAGE:image" output_stream: "DETECTIONS:detections"
}
"""
_LANDMARKS = """
input_stream: "image"
input_stream: "region"
output_stream: "landmarks"
output_stream: "metric"
output_stream: "mask"
input_side_packet: "model_complexity"
input_side_packet: "enable_segmentation"
node {
  calculator: "PoseLandmarkByRoiCpu"
  input_stream: "IMAGE:image" input_stream: "ROI:region"
  output_stream: "LANDMARKS:landmarks" output_stream: "WORLD_LANDMARKS:metric"
  output_stream: "SEGMENTATION_MASK:matte"
  input_side_packet: "MODEL_COMPLEXITY:model_complexity"
  input_side_packet: "ENABLE_SEGMENTATION:enable_segmentation"
}
node {
  calculator: "FromImageCalculator"
  input_stream: "IMAGE:matte" output_stream: "IMAGE_CPU:mask"
}
"""
_LEAST_SCORE = "posedetectioncpu__TensorsToDetectionsCalculator.min_score_thresh"
_ROOM = 1.25
"""Of the region around a body, beyond the circle that the detector draws (MediaPipe's own)."""

_NEAR = 0.35
"""Of a suspect's size: two that are nearer are one, seen in two windows."""


@dataclass(frozen=True)
class Suspect:
    """Somebody whom the detector suspects; points in pixels of the whole picture.

    Attributes:
        score: in [0, 1].
        hips, shoulders: (2,) their middles.
        reach: (2,) on the circle about the hips that holds the whole body, where the head points.
    """

    score: float
    hips: NDArray[np.float64]
    shoulders: NDArray[np.float64]
    reach: NDArray[np.float64]

    @property
    def size(self) -> float:
        """Radius of the circle that holds them, pixels."""
        return float(np.linalg.norm(self.reach - self.hips))

    def near(self, other: Suspect) -> bool:
        """Whether both are one body."""
        apart = (self.hips - other.hips, self.shoulders - other.shoulders)
        return max(float(np.linalg.norm(way)) for way in apart) < _NEAR * other.size


class BlazePoseHalves:
    """The detector and the landmarks, kept open. Use as a context manager, inside of BlazePose's.

    Args:
        least: score below which nobody is suspected.
    """

    def __init__(self, least: float = 0.25) -> None:
        self._least = least
        self._open = ExitStack()
        self._detector: Any = None
        self._marker: Any = None

    def __enter__(self) -> BlazePoseHalves:
        try:
            with quiet_stderr():
                self._detector = self._graph(
                    _DETECTOR, ["detections"], calculator_params={_LEAST_SCORE: self._least}
                )
                self._marker = self._graph(
                    _LANDMARKS, ["landmarks", "metric", "mask"],
                    side_inputs={"model_complexity": 1, "enable_segmentation": True},
                )  # fmt: skip
        except ImportError as error:
            self._open.close()
            raise MissingAsset(
                f"the pose detector cannot be loaded ({error})", "install mediapipe==0.10.21"
            ) from None
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def suspects(self, picture: Image, box: Box | None = None) -> list[Suspect]:
        """All whom the detector suspects in (a box of) an RGB picture, the surest first."""
        height, width = picture.shape[:2]
        left, top, right, bottom = box or (0, 0, width, height)
        crop = np.ascontiguousarray(picture[top:bottom, left:right])
        scale, corner = (right - left, bottom - top), (left, top)
        found = []
        for one in self._detector.process({"image": crop}).detections or []:
            points = np.array([(p.x, p.y) for p in one.location_data.relative_keypoints])
            hips, reach, shoulders = (points * scale + corner)[:3]
            found.append(Suspect(float(one.score[0]), hips, shoulders, reach))
        return sorted(found, key=lambda one: -one.score)

    def sighting(self, picture: Image, suspect: Suspect) -> Sighting | None:
        """The body of a suspect; None if there is none."""
        from mediapipe.framework.formats import rect_pb2

        height, width = picture.shape[:2]
        side = 2 * _ROOM * suspect.size
        along = suspect.reach - suspect.hips
        region = rect_pb2.NormalizedRect(
            x_center=suspect.hips[0] / width, y_center=suspect.hips[1] / height,
            width=side / width, height=side / height,
            rotation=float(np.arctan2(along[0], -along[1])),
        )  # fmt: skip
        found = self._marker.process({"image": np.ascontiguousarray(picture), "region": region})
        if found.landmarks is None or found.mask is None:
            return None
        marks = found.landmarks.landmark
        return Sighting(
            landmarks=np.array([[mark.x * width, mark.y * height] for mark in marks]),
            visibility=np.array([mark.visibility for mark in marks]),
            metric=np.array([[m.x, m.y, m.z] for m in found.metric.landmark]),
            mask=cv2.resize(found.mask, (width, height), interpolation=cv2.INTER_LINEAR),
        )

    def _graph(self, text: str, outputs: list[str], **options: Any) -> Any:
        import mediapipe
        from google.protobuf import text_format
        from mediapipe.framework import calculator_pb2
        from mediapipe.python.solution_base import SolutionBase

        assert mediapipe.solutions.pose  # its import registers the calculators' options
        config = text_format.Parse(text, calculator_pb2.CalculatorGraphConfig())
        graph = SolutionBase(graph_config=config, outputs=outputs, **options)
        self._open.callback(graph.close)
        return graph


def apart(suspects: Sequence[Suspect]) -> list[Suspect]:
    """The surest of each body, surest first."""
    kept: list[Suspect] = []
    for one in sorted(suspects, key=lambda one: -one.score):
        if not any(one.near(other) for other in kept):
            kept.append(one)
    return kept
