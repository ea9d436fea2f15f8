"""The Jacobian of the marks is their change, parameter by parameter."""

import numpy as np

from pipelines.body.rotations import axis_angle_to_matrix
from pipelines.body.skeleton import OFFSETS
from pipelines.capture.chain import (
    BALLS,
    PARAMETERS,
    TRANS,
    Build,
    ball,
    hinge,
    jacobian,
    posed,
    turned_by,
)
from pipelines.capture.start_pose import HINGES


def test_parameters_do_not_overlap():
    used = [*range(3), *(i for g in range(len(BALLS)) for i in range(ball(g).start, ball(g).stop)),
            *(hinge(n) for n in range(len(HINGES)))]  # fmt: skip
    assert used == list(range(PARAMETERS))


def test_the_jacobian_is_the_difference_quotient():
    random = np.random.default_rng(0)
    rotations = axis_angle_to_matrix(0.3 * random.normal(size=(3, 24, 3)))
    trans, build, small = random.normal(size=(3, 3)), Build.of(OFFSETS), 1e-6
    body = posed(rotations, trans, build)
    moves = jacobian(body)
    for parameter in range(PARAMETERS):
        step = np.zeros((3, PARAMETERS))
        step[:, parameter] = small
        after = posed(turned_by(rotations, body, step), trans + step[:, TRANS], build)
        np.testing.assert_allclose(
            (after.marks - body.marks) / small, moves[..., parameter], atol=1e-4
        )


def test_a_larger_body_has_its_marks_further_off():
    small, large = (Build.of(OFFSETS * size, size) for size in (1.0, 2.0))
    rest = np.tile(np.eye(3), (1, 24, 1, 1)), np.zeros((1, 3))
    np.testing.assert_allclose(posed(*rest, large).marks, 2 * posed(*rest, small).marks)
