"""A dance before a camera: where it is seen from, how the body looks, and what is drawn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from pipelines.body.variety import Look
from pipelines.motion.motion import Motion
from pipelines.rendering.settings import RenderConfig
from pipelines.rendering.stage import Stage, look_and_body

CONFIG = RenderConfig(
    src=(Path("a.npz"),), size="64x96", renderer="builtin", body="skeleton", camera="front"
)


def facing(heading: float, frames: int = 30) -> Motion:
    """A dancer who stands and faces a heading: 0 looks at -y, as the camera at heading 0 sees."""
    poses = np.zeros((frames, 24, 3), dtype=np.float32)
    turn = Rotation.from_euler("z", heading) * Rotation.from_euler("x", np.pi / 2)
    poses[:, 0] = turn.as_rotvec()
    poses[:, [16, 17], 2] = (-1.2, 1.2)
    trans = np.tile(np.array([0, 0, 0.97], dtype=np.float32), (frames, 1))
    return Motion(poses, trans, 10.0)


def drawn(dance: Motion, config: RenderConfig = CONFIG, front: float = 0.0):
    look, body = look_and_body(config, dance, "a")
    stage = Stage(config, dance, look, body, front)
    try:
        return [picture.copy() for picture, _ in stage.frames()]
    finally:
        stage.close()


@pytest.mark.parametrize("count", [1, 3, 300])
def test_a_picture_for_every_frame(count):
    pictures = drawn(facing(0.0, count), replace(CONFIG, size="64x64"))
    assert len(pictures) == count
    assert all(picture.shape == (64, 64, 3) for picture in pictures)


def test_a_dancer_seen_from_the_front_of_a_turned_file_looks_the_same():
    straight = drawn(facing(0.0, 1))[0].astype(int)
    turned = drawn(facing(2.0, 1), front=2.0)[0].astype(int)
    assert np.abs(straight - turned).mean() < 1.0
    unturned = drawn(facing(2.0, 1))[0].astype(int)
    assert np.abs(straight - unturned).mean() > 3


def test_the_floor_lies_under_the_feet_wherever_the_dancer_is():
    """A file whose floor is at 3 m is drawn as one whose floor is at 0."""
    low, high = facing(0.0, 1), facing(0.0, 1)
    high.trans[:, 2] += 3
    difference = np.abs(drawn(low)[0].astype(int) - drawn(high)[0].astype(int))
    assert (difference > 8).mean() < 0.01


def test_without_variety_every_subject_looks_alike():
    looks = [look_and_body(CONFIG, facing(0.0), subject) for subject in "ab"]
    assert looks[0][0] == looks[1][0] == Look()
    assert looks[0][1] is looks[1][1]  # made once


def test_smpl_takes_the_shape_of_the_dancer_and_the_free_bodies_do_not(tiny_smpl):
    thin, tall = (replace(facing(0.0), betas=np.full(10, b, dtype="f4")) for b in (0.0, 0.5))
    smpl = replace(CONFIG, body="smpl", body_model=tiny_smpl)
    one, other = (look_and_body(smpl, dance, "a")[1] for dance in (thin, tall))
    standing = np.tile(np.eye(3), (1, 24, 1, 1))
    surfaces = [next(iter(body.pose(standing, np.zeros((1, 3)))))[0] for body in (one, other)]
    assert np.abs(surfaces[0] - surfaces[1]).max() == pytest.approx(0.5, abs=1e-5)
    free = [look_and_body(CONFIG, dance, "a")[1] for dance in (thin, tall)]
    assert free[0] is free[1]


def test_with_variety_subject_and_seed_decide():
    varied = replace(CONFIG, vary=True)

    def look(config: RenderConfig, subject: str) -> Look:
        return look_and_body(config, facing(0.0), subject)[0]

    assert look(varied, "a").outfit == look(varied, "a").outfit
    assert look(varied, "a").outfit != look(varied, "b").outfit
    assert look(varied, "a").outfit != look(replace(varied, seed=1), "a").outfit


def test_the_drawn_look_is_the_one_of_its_studio():
    dark = replace(CONFIG, vary=True)
    corners = [drawn(facing(0.0, 1), replace(dark, seed=seed))[0][2, 2] for seed in (0, 1)]
    assert np.abs(corners[0].astype(int) - corners[1]).max() > 10


def test_the_depth_of_a_frame_lies_at_the_dancer():
    look, body = look_and_body(CONFIG, facing(0.0), "a")
    stage = Stage(CONFIG, facing(0.0, 1), look, body, 0.0)
    try:
        (_, depth) = next(stage.frames())
        chest = facing(0.0, 1).joints(body.offsets)[0, 9]
        pixels, metres = stage.cameras[0].project(chest)
        found = depth(np.array([pixels, [0.5, 0.5]]))
    finally:
        stage.close()
    assert found[0] == pytest.approx(metres, abs=0.1)
    assert np.isinf(found[1])
