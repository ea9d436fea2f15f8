import numpy as np

from pipelines.body.variety import draw_look
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
