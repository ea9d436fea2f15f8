"""The puppet back end: what each frame is made of, and in which order it is painted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.interface import Frame
from pipelines.appearance_expert.puppet.compositor import Compositor, DrawList
from pipelines.appearance_expert.puppet.depth_order import (
    depth_keys,
    groups_of,
    sorted_with_hysteresis,
    switched_with_hysteresis,
)
from pipelines.appearance_expert.puppet.figure import HEAD, LEFT_LEG, RIGHT_LEG, TORSO, build_figure
from pipelines.appearance_expert.puppet.layers import build_layers
from pipelines.appearance_expert.puppet.limbs import pose_limb, skin_limb, track_limb
from pipelines.appearance_expert.puppet.mesh import build_atlas
from pipelines.appearance_expert.puppet.parts import label_parts
from pipelines.appearance_expert.puppet.plate import build_plate
from pipelines.appearance_expert.puppet.trunk import (
    HEAD_THICKNESS,
    TORSO_THICKNESS,
    HeadSkin,
    TorsoSkin,
    relief,
    track_trunk,
)
from pipelines.keypoints.person import POINT, ReferencePerson
from pipelines.keypoints.staged import StagedDance

FADE_FRAMES = 4


class Rig:
    def __init__(self, person: ReferencePerson, dance: StagedDance) -> None:
        self.figure = figure = build_figure(person, dance)
        labels, capsules = label_parts(figure)
        self.layers = build_layers(figure, labels, capsules)
        parts = list(self.layers)
        order = list(self.layers.values())
        backs = {TORSO: self.layers[TORSO].colour, HEAD: hair(figure, self.layers[HEAD])}
        self.atlas, meshes = build_atlas(order, backs)
        self.base = np.cumsum([0] + [len(m.xy) for m in meshes])
        self.uv = np.concatenate([m.uv for m in meshes])
        self.track = track_trunk(dance)
        f = figure
        zt = relief(self.layers[TORSO].alpha, meshes[0].xy, TORSO_THICKNESS, 1.1 * f.unit)
        zh = relief(self.layers[HEAD].alpha, meshes[1].xy, HEAD_THICKNESS, 0.8 * f.unit)
        n = len(parts)
        mk = lambda z: TorsoSkin(meshes[0].xy, z, f)
        self.torso = [mk(zt), mk(-zt)]
        self.head = [
            HeadSkin(meshes[1].xy, z, f, TorsoSkin(meshes[1].xy, 0.5 * z, f)) for z in (zh, -zh)
        ]
        self.limbs = f.limbs
        self.skins = {p: skin_limb(p, meshes[parts.index(p)].xy, f, capsules) for p in f.limbs}
        self.tracks = {
            (p, m): track_limb(p, self.skins[p], dance, m) for p in f.limbs for m in (False, True)
        }
        tri = {}
        cull = {}
        for p, front, back in ((TORSO, 0, n), (HEAD, 1, n + 1)):
            a = meshes[front].triangles + self.base[front]
            b = meshes[back].triangles[:, ::-1] + self.base[back]
            tri[p, 0] = np.concatenate([b, a])
            cull[p, 0] = np.ones(len(tri[p, 0]), bool)
        for p in f.limbs:
            i = parts.index(p)
            t = meshes[i].triangles
            s = self.skins[p].joint + self.skins[p].blend
            low = s[t].mean(1) > 1.5
            for half in (0, 1):
                tri[p, half] = t[low == bool(half)] + self.base[i]
                cull[p, half] = np.zeros(len(tri[p, half]), bool)
        self.tri, self.cull = tri, cull
        self.groups = groups_of(f.limbs)
        self.orders = sorted_with_hysteresis(depth_keys(dance, self.groups))
        chest = dance.rotations[:, POINT["spine3"], 2, 2]
        hips = dance.rotations[:, POINT["pelvis"], 2, 2]
        self.back = {
            False: switched_with_hysteresis(chest, 0.15),
            True: switched_with_hysteresis(hips, 0.15),
        }

    def state(self, t):
        return tuple(self.orders[t]), bool(self.back[False][t]), bool(self.back[True][t])

    def draw(self, t, state) -> DrawList:
        order, arms_back, legs_back = state
        xy = [self.torso[0].pose(self.track, t), self.head[0].pose(self.track, t)]
        for p in self.limbs:
            m = legs_back if p in (LEFT_LEG, RIGHT_LEG) else arms_back
            xy.append(pose_limb(self.skins[p], self.tracks[p, m], t, m))
        xy += [self.torso[1].pose(self.track, t), self.head[1].pose(self.track, t)]
        keys = [self.groups[g] for g in order]
        return DrawList(
            np.concatenate(xy).astype(np.float32), self.uv,
            np.concatenate([self.tri[k] for k in keys]).astype(np.int32),
            np.concatenate([self.cull[k] for k in keys]),
        )


def hair(figure, layer):
    from pipelines.appearance_expert.puppet.push_pull import push_pull
    top = figure.point("left_eye")[1] * 0.5 + figure.point("right_eye")[1] * 0.5
    rows = np.flatnonzero((layer.alpha > 0.5).any(1))
    y = np.arange(layer.alpha.shape[0])
    band = (y < rows[0] + 0.45 * (top - rows[0]))[:, None] & (layer.alpha > 0.6)
    neck = figure.point("neck")[1]
    band = band | ((y > neck - 0.25 * figure.unit)[:, None] & (layer.alpha > 0.6))
    return push_pull(layer.colour, band.astype(np.float32))


class Puppet:
    name = "puppet"

    def __init__(self) -> None:
        self._report: dict[str, Any] = {}

    def frames(self, person: ReferencePerson, dance: StagedDance, seed: int) -> Iterator[Frame]:
        rig = Rig(person, dance)
        self.rig = rig
        plate = build_plate(person, dance)
        comp = Compositor(dance.width, dance.height, rig.atlas)
        shown = rig.state(0)
        old, age = shown, FADE_FRAMES
        for t in range(len(dance.xy)):
            new = rig.state(t)
            if new != shown:
                old, shown, age = shown, new, 0
            frame = comp.paint(plate, rig.draw(t, shown))
            if age < FADE_FRAMES:
                age += 1
                before = comp.paint(plate, rig.draw(t, old))
                w = age / (FADE_FRAMES + 1)
                frame = (frame * np.float32(w) + before * np.float32(1 - w) + np.float32(.5)).astype(np.uint8)
            yield frame
        comp.close()

    def report(self) -> dict[str, Any]:
        return dict(self._report)
