"""The 32 features against a per-frame loop written from the definitions."""

import numpy as np
import pytest

from pipelines.body.skeleton import OFFSETS, PARENTS
from pipelines.metrics.geometric import (
    MISINDEXED_REST_LENGTHS,
    PUBLISHED_FRAME_TIME,
    REST_LENGTHS,
    geometric_features,
)

# The loop works y up, with the names of the published code, to be independent of ours.
NAMES = [
    "root", "lhip", "rhip", "belly", "lknee", "rknee", "spine", "lankle", "rankle", "chest",
    "ltoes", "rtoes", "neck", "linshoulder", "rinshoulder", "head", "lshoulder", "rshoulder",
    "lelbow", "relbow", "lwrist", "rwrist", "lhand", "rhand",
]  # fmt: skip


def slow_features(z_up, dt, hl, sw, hw, published_move):
    y_up = np.stack([z_up[..., 0], z_up[..., 2], -z_up[..., 1]], axis=-1)
    frames = len(y_up)
    total = np.zeros(32)
    for i in range(1, frames):
        now = dict(zip(NAMES, y_up[i], strict=True))
        old = dict(zip(NAMES, y_up[i - 1], strict=True))
        now["zero"], now["up"] = np.zeros(3), np.array([0.0, 1, 0])
        now["down"], now["ymin"] = -now["up"], np.array([0.0, y_up[i, :, 1].min(), 0])

        def nmove(a, b, c, p, limit, now=now, old=old):
            n = np.cross(now[c] - now[a], now[b] - now[a])
            v = (now[p] - now[a]) - (old[p] - old[a])
            return v @ n / np.linalg.norm(n) / dt > limit

        def move(a, b, c, p, limit, now=now, old=old):
            if published_move:
                v = (now[c] - now[a]) - (old[c] - old[a])
            else:
                v = (now[p] - now[c]) - (old[p] - old[c])
            d = now[b] - now[a]
            return v @ d / np.linalg.norm(d) / dt > limit

        def nplane(n1, n2, a, p, limit, now=now):
            n = now[n2] - now[n1]
            return n @ (now[p] - now[a]) / np.linalg.norm(n) > limit

        def plane(a, b, c, p, limit, now=now):
            n = np.cross(now[c] - now[a], now[b] - now[a])
            return n @ (now[p] - now[a]) / np.linalg.norm(n) > limit

        def angle(a, b, c, d, low, high, now=now):
            u, w = now[b] - now[a], now[d] - now[c]
            cosine = u @ w / np.linalg.norm(u) / np.linalg.norm(w)
            return low < np.degrees(np.arccos(cosine)) < high

        def fast(p, limit, now=now, old=old):
            return np.linalg.norm(now[p] - old[p]) / dt > limit

        total += [
            nmove("neck", "rhip", "lhip", "rwrist", 1.8 * hl),
            nmove("neck", "lhip", "rhip", "lwrist", 1.8 * hl),
            nplane("chest", "neck", "neck", "rwrist", 0.2 * hl),
            nplane("chest", "neck", "neck", "lwrist", 0.2 * hl),
            move("belly", "chest", "chest", "rwrist", 1.8 * hl),
            move("belly", "chest", "chest", "lwrist", 1.8 * hl),
            angle("relbow", "rshoulder", "relbow", "rwrist", 0, 110),
            angle("lelbow", "lshoulder", "lelbow", "lwrist", 0, 110),
            nplane("lshoulder", "rshoulder", "lwrist", "rwrist", 2.5 * sw),
            move("lwrist", "rwrist", "rwrist", "lwrist", 1.4 * hl),
            move("rwrist", "root", "lwrist", "root", 1.4 * hl),
            move("lwrist", "root", "rwrist", "root", 1.4 * hl),
            fast("rwrist", 2.5 * hl),
            fast("lwrist", 2.5 * hl),
            plane("root", "lhip", "ltoes", "rankle", 0.38 * hl),
            plane("root", "rhip", "rtoes", "lankle", 0.38 * hl),
            nplane("zero", "up", "ymin", "rankle", 1.2 * hl),
            nplane("zero", "up", "ymin", "lankle", 1.2 * hl),
            nplane("lhip", "rhip", "lankle", "rankle", 2.1 * hw),
            angle("rknee", "rhip", "rknee", "rankle", 0, 110),
            angle("lknee", "lhip", "lknee", "lankle", 0, 110),
            fast("rankle", 2.5 * hl),
            fast("lankle", 2.5 * hl),
            angle("neck", "root", "rshoulder", "relbow", 25, 180),
            angle("neck", "root", "lshoulder", "lelbow", 25, 180),
            angle("neck", "root", "rhip", "rknee", 50, 180),
            angle("neck", "root", "lhip", "lknee", 50, 180),
            plane("rankle", "neck", "lankle", "root", 0.5 * hl),
            angle("neck", "root", "zero", "up", 70, 110),
            nplane("zero", "down", "ymin", "rwrist", -1.2 * hl),
            nplane("zero", "down", "ymin", "lwrist", -1.2 * hl),
            fast("root", 2.3 * hl),
        ]
    return total / (frames - 1)


def standing():
    joints = np.zeros((24, 3))
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            joints[joint] = joints[parent] + OFFSETS[joint]
    return joints[:, [0, 2, 1]] * [1, -1, 1]  # z up


def flail(frames=60, seed=0):
    """A body thrown about so that every feature is sometimes true and sometimes false."""
    random = np.random.default_rng(seed)
    noise = random.normal(0, 1, (frames // 6 + 2, 24, 3))
    pause = np.arange(frames) % 12 < 4
    at = (len(noise) - 1) * np.cumsum(~pause) / frames
    smooth = np.stack(
        [np.interp(at, np.arange(len(noise)), n) for n in noise.reshape(len(noise), -1).T], axis=-1
    ).reshape(frames, 24, 3)
    crouch = np.linspace(1, 0.3, frames)[:, None, None] ** [0, 0, 1]
    return (standing() + 0.35 * smooth) * crouch


@pytest.mark.parametrize("published_move", [True, False])
@pytest.mark.parametrize("frame_time", [PUBLISHED_FRAME_TIME, 1 / 30])
@pytest.mark.parametrize("lengths", [REST_LENGTHS, MISINDEXED_REST_LENGTHS])
def test_features_equal_the_loop(published_move, frame_time, lengths):
    for seed in range(3):
        motion = flail(seed=seed)
        fast = geometric_features(motion, frame_time, lengths, published_move)
        slow = slow_features(
            motion, frame_time, lengths.upper_arm, lengths.shoulders, lengths.hips, published_move
        )
        assert fast == pytest.approx(slow, abs=1e-12)


def test_the_test_motions_exercise_nearly_every_feature():
    shares = np.mean([geometric_features(flail(seed=s), 1 / 30) for s in range(8)], axis=0)
    assert np.count_nonzero((shares > 0) & (shares < 1)) >= 30


def test_published_move_makes_features_4_and_5_the_same():
    published = geometric_features(flail(), PUBLISHED_FRAME_TIME, published_move=True)
    assert published[4] == published[5]
    strict = [geometric_features(flail(seed=s), 1 / 30)[4:6] for s in range(6)]
    assert any(a != b for a, b in strict)


def test_rest_lengths_are_those_of_a_smpl_body():
    rest = standing()
    # The published constants are SMPL's; EDGE's offsets differ from it by less than a centimetre.
    assert np.linalg.norm(rest[16] - rest[18]) == pytest.approx(REST_LENGTHS.upper_arm, abs=0.01)
    assert np.linalg.norm(rest[16] - rest[17]) == pytest.approx(REST_LENGTHS.shoulders, abs=0.04)
    assert np.linalg.norm(rest[1] - rest[2]) == pytest.approx(REST_LENGTHS.hips, abs=0.01)


def test_a_still_dancer_with_raised_arms_moves_nothing():
    pose = standing()
    pose[20:24, 2] += 1.0
    shares = geometric_features(np.tile(pose, (20, 1, 1)), 1 / 30)
    assert shares[2] == shares[3] == 1  # wrists over the neck
    assert shares[[0, 1, 4, 5, 9, 10, 11, 12, 13, 21, 22, 31]] == pytest.approx(0)


def test_hands_in_one_place_give_no_nan():
    pose = standing()
    pose[20] = pose[21]
    shares = geometric_features(np.tile(pose, (5, 1, 1)), 1 / 30)
    assert np.isfinite(shares).all()
