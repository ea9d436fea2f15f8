from dataclasses import asdict

import numpy as np

from pipelines.body.variety import Look, draw_look
from pipelines.body.wardrobe import dressed_body


def test_the_seed_decides_and_different_seeds_differ():
    first, again, other = draw_look(3), draw_look(3), draw_look(4)
    assert first.outfit == again.outfit and first.scene == again.scene
    np.testing.assert_array_equal(first.betas, again.betas)
    assert first.outfit != other.outfit and first.scene != other.scene


def test_every_look_is_a_body_that_stands_on_the_floor():
    for seed in range(3):
        look = draw_look(seed)
        body = dressed_body(look.outfit, look.betas)
        assert np.isfinite(body.template).all()
        assert -0.99 < body.template[:, 1].min() < -0.96
        assert 1.6 < np.ptp(body.template[:, 1]) < 1.85
        assert 0.3 < np.ptp(body.template[np.abs(body.template[:, 1]) < 0.1, 0]) < 0.7
        for colour in (look.outfit.shirt, look.scene.wall):
            assert all(0 <= part <= 255 for part in colour)


def test_looks_differ_as_people_and_studios_do():
    looks = [draw_look(seed) for seed in range(200)]
    assert (
        len({look.outfit.skin for look in looks}) == len({look.outfit.hair for look in looks}) == 6
    )
    shirts = np.array([look.outfit.shirt for look in looks])
    assert (shirts.std(0) > 40).all()
    lights = np.array([look.scene.key_light for look in looks])
    assert lights[:, 0].min() < -0.7 and lights[:, 0].max() > 0.7
    assert (lights[:, 2] > 0).all() and (lights[:, 1] < 0).all(), "from above, in front"


def test_shapes_are_drawn_around_the_middle_and_never_extreme():
    betas = np.array([draw_look(seed).betas for seed in range(400)])
    assert betas.shape == (400, 6)
    np.testing.assert_allclose(betas.mean(0), 0, atol=0.15)
    assert (np.abs(betas) <= np.array([0.9, 1.35, 1.35, 1.35, 0.9, 0.45]) + 1e-9).all()
    assert (betas.std(0) > [0.4, 0.6, 0.6, 0.6, 0.4, 0.2]).all()


def test_lenses_stay_within_what_shows_the_whole_dancer():
    for seed in range(100):
        lens = draw_look(seed).lens
        assert -0.02 <= lens.pitch <= 0.16 and 0.75 <= lens.zoom <= 1
        assert 0.40 <= lens.vertical_view <= 0.75


def test_every_colour_is_a_colour():
    for seed in range(100):
        look = draw_look(seed)
        colours = [value for name, value in asdict(look.outfit).items() if name != "hair_length"]
        for colour in (*colours, look.scene.wall, look.scene.floor):
            assert len(colour) == 3 and all(0 <= part <= 255 for part in colour)
        assert 0.01 <= look.outfit.hair_length <= 0.13
        assert 0.35 <= look.scene.shadow <= 0.6


def test_without_variety_there_is_one_look():
    assert Look() == Look() and Look().betas is None
