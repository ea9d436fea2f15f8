"""Kinetic and geometric features frame by frame and joint by joint, as published scripts go.

Written from docs/reference/metrics.md, y up, with the joints' published names, so as
to share nothing with pipelines.metrics. Positions are (T, J, 3), 2D arrays (T, 25, 3).
"""

from __future__ import annotations

import itertools
import math

import numpy as np

JOINTS = (
    "root", "lhip", "rhip", "belly", "lknee", "rknee", "spine", "lankle", "rankle", "chest",
    "ltoes", "rtoes", "neck", "lcollar", "rcollar", "head", "lshoulder", "rshoulder", "lelbow",
    "relbow", "lwrist", "rwrist", "lhand", "rhand",
)  # fmt: skip
PLACE = {name: number for number, name in enumerate(JOINTS)}
UPPER_ARM, SHOULDERS, HIPS = 0.2568381, 0.3908484, 0.1192471


def kinetic_fairmotion(positions, frame_time=1 / 60, reach=2):
    """Three numbers per joint; the acceleration divides one of two positions only."""
    frames, joints = positions.shape[:2]
    features = []
    for joint in range(joints):
        across = upward = effort = 0.0
        for frame in range(1, frames):
            velocity, pushed = np.zeros(3), np.zeros(3)
            seen = felt = 0
            for near in range(frame - reach, frame + reach + 1):
                if near - 1 < 0 or near >= frames:
                    continue
                velocity += (positions[near, joint] - positions[near - 1, joint]) / frame_time
                seen += 1
                if near + 1 < frames:
                    before = positions[near, joint] - positions[near - 1, joint] / frame_time
                    after = (positions[near + 1, joint] - positions[near, joint]) / frame_time
                    pushed += (after - before) / frame_time
                    felt += 1
            velocity = velocity / seen
            pushed = pushed / max(felt, 1)
            across += velocity[0] ** 2 + velocity[2] ** 2
            upward += velocity[1] ** 2
            effort += math.sqrt(float(pushed @ pushed))
        features += [across / (frames - 1), upward / (frames - 1), effort / (frames - 1)]
    return np.array(features)


def kinetic_megadance(positions, frame_time=1 / 30):
    """Three numbers per joint, with a box filter over zeros beyond both ends."""
    frames, joints = positions.shape[:2]
    features = []
    for joint in range(joints):
        velocity = _smoothed(_slopes(positions[:, joint], frame_time))
        pushed = _smoothed(_slopes(velocity, frame_time))
        across = upward = effort = 0.0
        for frame in range(frames):
            across += velocity[frame][0] ** 2 + velocity[frame][2] ** 2
            upward += velocity[frame][1] ** 2
            effort += math.sqrt(float(pushed[frame] @ pushed[frame]))
        features += [across / frames, upward / frames, effort / frames]
    return np.array(features)


def kinetic_2d(stored, frame_time=1 / 30):
    """MACE's 75 numbers of an easy_ViTPose array."""
    frames = len(stored)
    features = []
    for joint in range(25):
        path = [stored[t, joint, :2] - (stored[t, 11, :2] + stored[t, 12, :2]) / 2
                for t in range(frames)]  # fmt: skip
        velocity = _smoothed(_slopes(path, frame_time))
        pushed = _smoothed(_slopes(velocity, frame_time))
        features += [
            sum(v[0] ** 2 for v in velocity) / frames,
            sum(v[1] ** 2 for v in velocity) / frames,
            sum(math.hypot(a[0], a[1]) for a in pushed) / frames,
        ]
    return np.array(features)


def _slopes(path, frame_time):
    steps = [(path[t] - path[t - 1]) / frame_time for t in range(1, len(path))]
    return [steps[0], *steps]


def _smoothed(values, reach=2):
    result = []
    for frame in range(len(values)):
        total = np.zeros_like(values[0])
        for near in range(frame - reach, frame + reach + 1):
            if 0 <= near < len(values):
                total = total + values[near]
        result.append(total / (2 * reach + 1))
    return result


class _Frame:
    """One frame's joints by name, and those of the frame before."""

    def __init__(self, positions, frame, frame_time):
        self.now, self.before, self.frame_time = positions[frame], positions[frame - 1], frame_time
        self.floor = np.array([0.0, self.now[:, 1].min(), 0.0])
        self.origin, self.up = np.zeros(3), np.array([0.0, 1.0, 0.0])

    def at(self, name):
        return self.now[PLACE[name]] if isinstance(name, str) else name

    def was(self, name):
        return self.before[PLACE[name]]

    def nmove(self, a, b, c, p, limit):
        normal = np.cross(self.at(c) - self.at(a), self.at(b) - self.at(a))
        step = (self.at(p) - self.at(a)) - (self.was(p) - self.was(a))
        return step @ normal / np.linalg.norm(normal) / self.frame_time > limit

    def move(self, a, b, c, _, limit):
        direction = self.at(b) - self.at(a)
        step = (self.at(c) - self.at(a)) - (self.was(c) - self.was(a))
        return step @ direction / np.linalg.norm(direction) / self.frame_time > limit

    def nplane(self, n1, n2, a, p, limit):
        normal = self.at(n2) - self.at(n1)
        return (self.at(p) - self.at(a)) @ normal / np.linalg.norm(normal) > limit

    def plane(self, a, b, c, p, limit):
        normal = np.cross(self.at(c) - self.at(a), self.at(b) - self.at(a))
        return (self.at(p) - self.at(a)) @ normal / np.linalg.norm(normal) > limit

    def angle(self, a, b, c, d, low, high):
        one, other = self.at(b) - self.at(a), self.at(d) - self.at(c)
        cosine = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
        return low < math.degrees(math.acos(max(-1.0, min(1.0, cosine)))) < high

    def fast(self, name, limit):
        return np.linalg.norm(self.at(name) - self.was(name)) / self.frame_time > limit


def geometric(positions, frame_time=1 / 120):
    """The 32 shares of frames."""
    arm, sw, hw = UPPER_ARM, SHOULDERS, HIPS
    total = np.zeros(32)
    for frame in range(1, len(positions)):
        f = _Frame(positions, frame, frame_time)
        total += [
            f.nmove("neck", "rhip", "lhip", "rwrist", 1.8 * arm),
            f.nmove("neck", "lhip", "rhip", "lwrist", 1.8 * arm),
            f.nplane("chest", "neck", "neck", "rwrist", 0.2 * arm),
            f.nplane("chest", "neck", "neck", "lwrist", 0.2 * arm),
            f.move("belly", "chest", "chest", "rwrist", 1.8 * arm),
            f.move("belly", "chest", "chest", "lwrist", 1.8 * arm),
            f.angle("relbow", "rshoulder", "relbow", "rwrist", 0, 110),
            f.angle("lelbow", "lshoulder", "lelbow", "lwrist", 0, 110),
            f.nplane("lshoulder", "rshoulder", "lwrist", "rwrist", 2.5 * sw),
            f.move("lwrist", "rwrist", "rwrist", "lwrist", 1.4 * arm),
            f.move("rwrist", "root", "lwrist", "root", 1.4 * arm),
            f.move("lwrist", "root", "rwrist", "root", 1.4 * arm),
            f.fast("rwrist", 2.5 * arm),
            f.fast("lwrist", 2.5 * arm),
            f.plane("root", "lhip", "ltoes", "rankle", 0.38 * arm),
            f.plane("root", "rhip", "rtoes", "lankle", 0.38 * arm),
            f.nplane(f.origin, f.up, f.floor, "rankle", 1.2 * arm),
            f.nplane(f.origin, f.up, f.floor, "lankle", 1.2 * arm),
            f.nplane("lhip", "rhip", "lankle", "rankle", 2.1 * hw),
            f.angle("rknee", "rhip", "rknee", "rankle", 0, 110),
            f.angle("lknee", "lhip", "lknee", "lankle", 0, 110),
            f.fast("rankle", 2.5 * arm),
            f.fast("lankle", 2.5 * arm),
            f.angle("neck", "root", "rshoulder", "relbow", 25, 180),
            f.angle("neck", "root", "lshoulder", "lelbow", 25, 180),
            f.angle("neck", "root", "rhip", "rknee", 50, 180),
            f.angle("neck", "root", "lhip", "lknee", 50, 180),
            f.plane("rankle", "neck", "lankle", "root", 0.5 * arm),
            f.angle("neck", "root", f.origin, f.up, 70, 110),
            f.nplane(f.origin, -f.up, f.floor, "rwrist", -1.2 * arm),
            f.nplane(f.origin, -f.up, f.floor, "lwrist", -1.2 * arm),
            f.fast("root", 2.3 * arm),
        ]
    return total / (len(positions) - 1)


def geometric_2d(stored):
    """MACE's 32 numbers of an easy_ViTPose array, joint table and collapsed tests as published."""
    names = "lshoulder rshoulder lelbow relbow lwrist rwrist lhip rhip lknee rknee lankle rankle"
    table = {name: number for number, name in enumerate(names.split(), 5)}
    frames = []
    for points in stored[..., :2]:
        frame = {name: points[number] for name, number in table.items()}
        frame["root"] = (frame["lhip"] + frame["rhip"]) / 2
        frame["neck"] = (frame["lshoulder"] + frame["rshoulder"]) / 2
        frames.append(frame)
    arm = math.dist(frames[0]["lshoulder"], frames[0]["rshoulder"]) + 1e-6
    total = np.zeros(32)

    def bent(a, b, c, d, low, high):
        one, other = b - a, d - c
        one = one / (np.linalg.norm(one) + 1e-6)
        other = other / (np.linalg.norm(other) + 1e-6)
        degrees = math.degrees(math.acos(max(-1.0, min(1.0, float(one @ other)))))
        return low <= degrees <= high

    for before, f in itertools.pairwise(frames):

        def fast(name, limit, before=before, f=f):
            return math.dist(f[name], before[name]) > limit * arm

        total += [
            fast("neck", 1.8), fast("neck", 1.8), 0, 0, fast("root", 1.8), fast("root", 1.8),
            bent(f["relbow"], f["rshoulder"], f["relbow"], f["rwrist"], 0, 110),
            bent(f["lelbow"], f["lshoulder"], f["lelbow"], f["lwrist"], 0, 110),
            0, fast("lwrist", 1.4), fast("rwrist", 1.4), fast("lwrist", 1.4),
            fast("rwrist", 2.5), fast("lwrist", 2.5), 0, 0, 0, 0, 0,
            bent(f["rknee"], f["rhip"], f["rknee"], f["rankle"], 0, 110),
            bent(f["lknee"], f["lhip"], f["lknee"], f["lankle"], 0, 110),
            fast("rankle", 2.5), fast("lankle", 2.5),
            bent(f["neck"], f["root"], f["rshoulder"], f["relbow"], 25, 180),
            bent(f["neck"], f["root"], f["lshoulder"], f["lelbow"], 25, 180),
            bent(f["neck"], f["root"], f["rhip"], f["rknee"], 50, 180),
            bent(f["neck"], f["root"], f["lhip"], f["lknee"], 50, 180),
            0, bent(f["neck"], f["root"], np.zeros(2), np.array([0.0, 1.0]), 70, 110), 0, 0,
            fast("root", 2.3),
        ]  # fmt: skip
    return total / (len(frames) - 1)
