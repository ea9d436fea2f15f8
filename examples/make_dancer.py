"""Renders examples/dancer.png: the free body, dressed, in a studio. The same bytes on every run.

python examples/make_dancer.py [dancer.png]
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

from pipelines.body.camera import Lens, frame_points
from pipelines.body.outfit import Outfit
from pipelines.body.rasterizer import draw_mesh
from pipelines.body.rotations import axis_angle_to_matrix
from pipelines.body.scene import Scene, draw_backdrop, draw_shadow, lit_colours
from pipelines.body.skeleton import JOINT
from pipelines.body.wardrobe import dressed_body
from pipelines.support.files import atomic_path

WIDTH, HEIGHT = 720, 1280

# Radians about the rest body's x (to its left), y (up) and z (to the front).
POSE = {
    "left_shoulder": (0.05, -0.12, -0.86),
    "right_shoulder": (0.05, 0.12, 0.86),
    "left_elbow": (0.0, -0.28, -0.06),
    "right_elbow": (0.0, 0.28, 0.06),
    "left_wrist": (0.15, 0.0, -0.08),
    "right_wrist": (0.15, 0.0, 0.08),
    "left_collar": (0.0, 0.0, -0.12),
    "right_collar": (0.0, 0.0, 0.12),
    "left_hip": (-0.02, 0.0, 0.06),
    "right_hip": (-0.02, 0.0, -0.06),
    "left_ankle": (0.02, 0.0, -0.06),
    "right_ankle": (0.02, 0.0, 0.06),
    "neck": (0.04, 0.0, 0.0),
    "head": (-0.02, 0.0, 0.0),
}
OUTFIT = Outfit()
STUDIO = Scene(wall=(178, 216, 214), floor=(236, 222, 204), shadow=0.55)


def render_dancer() -> np.ndarray:
    """The picture, (1280, 720, 3) uint8 RGB."""
    poses = np.zeros((1, 24, 3))
    poses[0, 0] = (np.pi / 2, 0, 0)
    for name, turn in POSE.items():
        poses[0, JOINT[name]] = turn
    body = dressed_body(OUTFIT)
    vertices, normals = next(body.pose(axis_angle_to_matrix(poses), np.zeros((1, 3))))
    vertices[:, 2] -= vertices[:, 2].min()
    # Room above for raised arms, and at the sides for steps.
    room = np.array([[-0.60, 0, 0.0], [0.60, 0, 0.0], [0, 0, -0.09], [0, 0, 1.96]])
    camera = frame_points(room, WIDTH, HEIGHT, lens=Lens(pitch=0.06), margin=0.0)
    picture = draw_backdrop(STUDIO, camera)
    draw_shadow(picture, STUDIO, vertices, camera)
    colours = lit_colours(STUDIO, vertices, normals, body.colours, camera)
    draw_mesh(picture, vertices, body.faces, colours, camera, samples=4)
    return picture


def main() -> None:
    """Write the picture to the path given, or beside this script."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("dancer.png")
    with atomic_path(target) as temporary:
        picture = cv2.cvtColor(render_dancer(), cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(temporary), picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    print(target)


if __name__ == "__main__":
    main()
