"""Everything about one person and one dance that is computed once, and the draw list per frame."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from pipelines.appearance_expert.puppet.cutting.capsules import Capsule
from pipelines.appearance_expert.puppet.cutting.figure import (
    HEAD,
    LEFT_LEG,
    RIGHT_LEG,
    TORSO,
    Figure,
)
from pipelines.appearance_expert.puppet.cutting.layers import Layer
from pipelines.appearance_expert.puppet.cutting.push_pull import push_pull
from pipelines.appearance_expert.puppet.posing.depth_order import (
    Group,
    depth_keys,
    groups_of,
    sorted_with_hysteresis,
    switched_with_hysteresis,
)
from pipelines.appearance_expert.puppet.posing.draw_list import DrawList
from pipelines.appearance_expert.puppet.posing.limbs import pose_limb, skin_limb, track_limb
from pipelines.appearance_expert.puppet.posing.mesh import Mesh, build_atlas
from pipelines.appearance_expert.puppet.posing.trunk import (
    HEAD_RAMP,
    HEAD_THICKNESS,
    TORSO_RAMP,
    TORSO_THICKNESS,
    HeadSkin,
    TorsoSkin,
    relief,
    track_trunk,
)
from pipelines.appearance_expert.puppet.posing.turns import Turn, hold_back_turns
from pipelines.keypoints.person import POINT
from pipelines.keypoints.staged import StagedDance

State = tuple[tuple[int, ...], bool, bool]
"""Painting order, arms seen from behind, legs seen from behind."""

_MOST_TORSO_TURN = np.radians(58)
_MOST_HEAD_TURN = np.radians(42)
_MOST_NOD = np.radians(30)
_FACING_MARGIN = 0.15
_SLIVER = 4.0
"""Times its length at rest that an edge of a limb's triangle may be drawn out to."""
_DRAWN_OUT = 2.6
_LONG = 0.8
_LEAST_PIECE = 0.15


class Rig:
    """The cut-out person, tied to the dance."""

    def __init__(
        self, figure: Figure, layers: dict[int, Layer], capsules: list[Capsule], dance: StagedDance
    ) -> None:
        """Mesh and skin the layers, and track the dance's bones."""
        self._limbs = figure.limbs
        parts = list(layers)
        backs = {TORSO: layers[TORSO].colour, HEAD: _hair(figure, layers[HEAD])}
        self.atlas, meshes = build_atlas(list(layers.values()), backs)
        self._skin_trunk(figure, layers, meshes)
        self._skins = {
            part: skin_limb(part, meshes[parts.index(part)].xy, figure, capsules)
            for part in figure.limbs
        }
        self._tracks = {
            (part, mirrored): track_limb(part, skin, dance, mirrored)
            for part, skin in self._skins.items()
            for mirrored in (False, True)
        }
        self._track_trunk(dance)
        self._lay_out(parts, meshes)
        self._groups = groups_of(figure.limbs)
        self._orders = sorted_with_hysteresis(depth_keys(dance, self._groups))
        facing = dance.rotations[:, [POINT["spine3"], POINT["pelvis"]], 2, 2]
        self._arms_behind = switched_with_hysteresis(facing[:, 0], _FACING_MARGIN)
        self._legs_behind = switched_with_hysteresis(facing[:, 1], _FACING_MARGIN)

    def _skin_trunk(self, figure: Figure, layers: dict[int, Layer], meshes: list[Mesh]) -> None:
        torso, head = meshes[0].xy, meshes[1].xy
        deep = relief(layers[TORSO].alpha, torso, TORSO_THICKNESS, 1.1 * figure.unit, TORSO_RAMP)
        round_ = relief(layers[HEAD].alpha, head, HEAD_THICKNESS, 0.8 * figure.unit, HEAD_RAMP)
        self._depths = {TORSO: deep, HEAD: round_}
        self._torso = [TorsoSkin(torso, side * deep, figure) for side in (1, -1)]
        self._head = [
            HeadSkin(head, side * round_, figure, TorsoSkin(head, side * 0.5 * round_, figure))
            for side in (1, -1)
        ]

    def _track_trunk(self, dance: StagedDance) -> None:
        def turn(name: str, most: float, most_nod: float | None = None) -> Turn:
            return hold_back_turns(dance.rotations[:, POINT[name]], most, dance.fps, most_nod)

        pelvis = turn("pelvis", _MOST_TORSO_TURN)
        self.chest_turn = chest = turn("spine3", _MOST_TORSO_TURN)
        self.head_turn = head = turn("head", _MOST_HEAD_TURN, _MOST_NOD)
        self._trunk_tracks = [
            track_trunk(dance, pelvis.front, chest.front, head.front),
            track_trunk(dance, pelvis.back, chest.back, head.back),
        ]

    def _lay_out(self, parts: list[int], meshes: list[Mesh]) -> None:
        """Number the vertices: layers in order, then the two backs, then torso and head again."""
        count = len(parts)
        again = [0, 1, count, count + 1]
        placed = [*meshes, *(meshes[i] for i in again)]
        base = np.cumsum([0, *(len(mesh.xy) for mesh in placed)])
        self._uv = np.concatenate([mesh.uv for mesh in placed])
        self._triangles: dict[Group, list[NDArray[np.int32]]] = {}
        for place, part in ((0, TORSO), (1, HEAD)):
            sides = []
            nearest_last = np.argsort(self._depths[part][meshes[place].triangles].mean(1))
            for front, back in ((place, count + place), (count + 2 + place, count + 4 + place)):
                rear = meshes[count + place].triangles[:, ::-1] + base[back]
                face = meshes[place].triangles + base[front]
                if back == count + place:
                    sheets = [rear[nearest_last[::-1]], face[nearest_last]]
                else:  # seen from behind
                    sheets = [face[nearest_last[::-1]], rear[nearest_last]]
                sides.append(np.concatenate(sheets).astype(np.int32))
            self._triangles[part, 0] = sides
        for part, skin in self._skins.items():
            mesh = meshes[parts.index(part)]
            whole = _without_crumbs(mesh.triangles[~skin.is_web(mesh.triangles)])
            along = (skin.joint + skin.blend)[whole].mean(1)
            for half in (0, 1):
                chosen = whole[(along > 1.5) == bool(half)]
                self._triangles[part, half] = [(chosen + base[parts.index(part)]).astype(np.int32)]
        self._rest = {
            (part, half): _edges(np.concatenate([mesh.xy for mesh in placed]), chosen[0])
            for (part, half), chosen in self._triangles.items()
            if part not in (TORSO, HEAD)
        }

    def turn_shares(self) -> dict[str, float]:
        """Shares of frames in which the chest is turned so far that the picture is only a guess."""
        angle = np.degrees(self.chest_turn.angle)
        return {
            "share_turned_35_to_90": round(float(np.mean((angle > 35) & (angle <= 90))), 4),
            "share_turned_beyond_90": round(float(np.mean(angle > 90)), 4),
        }

    def stretched(self, frame: int) -> dict[int, float]:
        """Share of each limb's triangles that one frame draws out to several times their size."""
        xy = self.draw_list(frame, self.state(frame)).xy
        shares = {}
        for part in self._limbs:
            groups = [(part, half) for half in (0, 1)]
            torn = [self._drawn_out(xy, group, _DRAWN_OUT) for group in groups]
            shares[part] = float(np.mean(np.concatenate(torn)))
        return shares

    def _drawn_out(
        self, xy: NDArray[np.floating[Any]], group: Group, most: float
    ) -> NDArray[np.bool_]:
        """(N,) triangles of a limb of which an edge has grown beyond `most` times its length.

        The crease of a bent elbow unfolds; only what is also long beside the limb is torn.
        """
        edges = _edges(xy, self._triangles[group][0])
        long_ = edges > _LONG * self._skins[group[0]].radii[1]
        return np.asarray(((edges > most * self._rest[group]) & long_).any(1))

    def state(self, frame: int) -> State:
        """What may change from one frame to the next only with a crossfade."""
        order = tuple(int(group) for group in self._orders[frame])
        return order, bool(self._arms_behind[frame]), bool(self._legs_behind[frame])

    def draw_list(self, frame: int, state: State) -> DrawList:
        """The whole figure in one frame, in the given state."""
        order, arms_behind, legs_behind = state
        front, back = self._trunk_tracks
        places = [self._torso[0].pose(front, frame), self._head[0].pose(front, frame)]
        for part in self._limbs:
            mirrored = legs_behind if part in (LEFT_LEG, RIGHT_LEG) else arms_behind
            track = self._tracks[part, mirrored]
            places.append(pose_limb(self._skins[part], track, frame, mirrored))
        places += [self._torso[1].pose(front, frame), self._head[1].pose(front, frame)]
        places += [self._torso[0].pose(back, frame), self._head[0].pose(back, frame)]
        places += [self._torso[1].pose(back, frame), self._head[1].pose(back, frame)]
        xy = np.concatenate(places).astype(np.float32)
        triangles, culled, opacity = [], [], []

        def add(piece: NDArray[np.int32], closed: bool, strength: float) -> None:
            triangles.append(piece)
            culled.append(np.full(len(piece), closed))
            opacity.append(np.full(len(piece), strength, np.float32))

        for group in order:
            part, half = self._groups[group]
            if part not in (TORSO, HEAD):
                kept = ~self._drawn_out(xy, (part, half), _SLIVER)
                add(self._triangles[part, half][0][kept], False, 1.0)
                continue
            turn = self.chest_turn if part == TORSO else self.head_turn
            share = float(turn.share[frame])
            if share < 1:
                add(self._triangles[part, 0][1], True, 1.0)
            if share > 0:
                add(self._triangles[part, 0][0], True, share)
        return DrawList(
            xy=xy,
            uv=self._uv,
            triangles=np.concatenate(triangles),
            culled=np.concatenate(culled),
            opacity=np.concatenate(opacity),
        )


def _edges(xy: NDArray[np.floating[Any]], triangles: NDArray[np.int32]) -> NDArray[np.float64]:
    """(N, 3) lengths of the triangles' edges."""
    corners = xy[triangles]
    return np.asarray(np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=-1), np.float64)


def _without_crumbs(triangles: NDArray[np.int32]) -> NDArray[np.int32]:
    """Leave out small pieces that hang on nothing."""
    if not len(triangles):
        return triangles
    size = int(triangles.max()) + 1
    ends = np.concatenate([triangles[:, :2], triangles[:, 1:]])
    graph = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(size, size))
    piece = connected_components(graph, directed=False)[1][triangles[:, 0]]
    counts = np.bincount(piece)
    return np.asarray(triangles[counts[piece] >= _LEAST_PIECE * counts.max()])


def _hair(figure: Figure, layer: Layer) -> NDArray[np.float32]:
    """The back of the head: the colour above the forehead down to the nape, then the neck."""
    eyes = 0.5 * (figure.point("left_eye")[1] + figure.point("right_eye")[1])
    drop = max(float(figure.point("neck")[1]) - eyes, 1.0)
    solid = layer.alpha > 0.6
    rows = np.arange(layer.alpha.shape[0])[:, None]
    top = int(np.flatnonzero(solid.any(1))[0]) if solid.any() else 0
    crown = solid & (rows < top + 0.45 * (eyes - top))
    hair = push_pull(layer.colour, crown.astype(np.float32))
    neck = np.clip(((rows - eyes) / drop - 0.62) / 0.18, 0, 1)[..., None]
    return np.asarray(hair * (1 - neck) + layer.colour * neck, dtype=np.float32)
