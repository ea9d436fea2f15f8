"""Where a dance is seen from: its file's front, or the dancer's where that is somewhere else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from pipelines.body.facing import front_heading
from pipelines.motion.front import faced, front_of
from pipelines.motion.motion import Motion


def facing(heading: float, frames: int = 30) -> Motion:
    """A dancer who stands and faces a heading: 0 looks at -y, as the camera at heading 0 sees."""
    poses = np.zeros((frames, 24, 3), dtype=np.float32)
    turn = Rotation.from_euler("z", heading) * Rotation.from_euler("x", np.pi / 2)
    poses[:, 0] = turn.as_rotvec()
    poses[:, [16, 17], 2] = (-1.2, 1.2)
    trans = np.tile(np.array([0, 0, 0.97], dtype=np.float32), (frames, 1))
    return Motion(poses, trans, 10.0)


@settings(max_examples=30, deadline=None)
@given(heading=st.floats(-np.pi + 0.01, np.pi - 0.01))
def test_the_front_is_where_the_dancer_mostly_looks_unless_that_is_nearly_the_files_own(heading):
    assume(abs(abs(heading) - np.pi / 4) > 0.03)
    expected = 0.0 if abs(heading) < np.pi / 4 else heading
    # Hips and shoulders of the offset table are a degree apart between left and right.
    apart = front_of(facing(heading, 3)) - expected
    assert abs((apart + np.pi) % (2 * np.pi) - np.pi) < 0.025


@settings(max_examples=30, deadline=None)
@given(heading=st.floats(-3, 3), swing=st.floats(0, 0.4))
def test_turned_to_the_front_nothing_else_changes(heading, swing):
    dance = facing(heading)
    walked = np.linspace(0, 1, dance.frames)[:, None] * [0.6, swing, 0.1] + [2, 3, 0.97]
    dance = replace(dance, trans=walked.astype(np.float32))
    turned = faced(dance)
    assert abs(front_heading(turned.joints())) < 1e-4
    np.testing.assert_allclose(turned.trans[0], dance.trans[0], atol=1e-6)
    np.testing.assert_allclose(turned.trans[:, 2], dance.trans[:, 2], atol=1e-6)
    steps = [np.linalg.norm(np.diff(one.trans, axis=0), axis=1) for one in (dance, turned)]
    np.testing.assert_allclose(*steps, atol=1e-5)
    apart = [np.linalg.norm(one.joints() - one.trans[:, None], axis=-1) for one in (dance, turned)]
    np.testing.assert_allclose(*apart, atol=1e-5)


def test_a_long_dance_is_judged_by_a_thousand_frames():
    """Three quarters of the time to the side, whatever happens in between the thinned frames."""
    front, side = facing(0.0, 1000), facing(1.5, 3000)
    both = replace(
        front,
        poses=np.concatenate([front.poses, side.poses]),
        trans=np.concatenate([front.trans, side.trans]),
    )
    assert 1.0 < front_of(both) < 1.5
