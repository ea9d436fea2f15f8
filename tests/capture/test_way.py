"""Translation from pixels, closed form."""

import numpy as np

from pipelines.capture.way import way_before_camera

FOCAL = 700.0


def scene(frames=60, marks=12):
    random = np.random.default_rng(0)
    about = 0.4 * random.normal(size=(frames, marks, 3))
    t = np.linspace(0, 1, frames)
    way = np.stack([np.sin(3 * t), 0.2 * t, 4 + 0.3 * t], -1)
    at = about + way[:, None]
    return about, at[..., :2] / at[..., 2:] * FOCAL, way


def test_the_way_that_made_the_pixels_comes_back():
    about, pixels, way = scene()
    found = way_before_camera(about, pixels, np.ones(pixels.shape[:2]), FOCAL, 30.0)
    np.testing.assert_allclose(found[10:-10], way[10:-10], atol=0.01)


def test_a_mark_that_lies_elsewhere_is_doubted():
    about, pixels, way = scene()
    pixels[:, 3] += 200
    found = way_before_camera(about, pixels, np.ones(pixels.shape[:2]), FOCAL, 30.0)
    np.testing.assert_allclose(found[10:-10], way[10:-10], atol=0.05)


def test_unseen_frames_lie_between_their_neighbours():
    about, pixels, way = scene()
    weight = np.ones(pixels.shape[:2])
    weight[25:35] = 0
    found = way_before_camera(about, pixels, weight, FOCAL, 30.0)
    np.testing.assert_allclose(found[25:35], way[25:35], atol=0.05)


def test_nobody_at_all_stands_before_the_camera():
    about, pixels, _ = scene()
    found = way_before_camera(about, pixels, np.zeros(pixels.shape[:2]), FOCAL, 30.0)
    assert (found == [0.0, 0.0, 3.0]).all()
