"""Everything about one person and one dance that is computed once, and the draw list per frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.puppet.cutting.back_of_head import back_of_head
from pipelines.appearance_expert.puppet.cutting.body_parts import HEAD, LEGS, TORSO
from pipelines.appearance_expert.puppet.cutting.capsules import Capsule
from pipelines.appearance_expert.puppet.cutting.figure import Figure
from pipelines.appearance_expert.puppet.cutting.layers import Layer
from pipelines.appearance_expert.puppet.posing.depth_order import (
    depth_keys,
    groups_of,
    sorted_with_hysteresis,
    switched_with_hysteresis,
)
from pipelines.appearance_expert.puppet.posing.draw_list import DrawList
from pipelines.appearance_expert.puppet.posing.limb_skin import skin_limb
from pipelines.appearance_expert.puppet.posing.limb_track import pose_limb, track_limb
from pipelines.appearance_expert.puppet.posing.mesh import Mesh, build_atlas
from pipelines.appearance_expert.puppet.posing.relief import HEAD_BODY, TORSO_BODY, relief
from pipelines.appearance_expert.puppet.posing.sheets import FROM_BEHIND, FROM_FRONT, lay_out
from pipelines.appearance_expert.puppet.posing.trunk import HeadSkin, TorsoSkin, track_trunk
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


class Rig:
    """The cut-out person, tied to the dance."""

    def __init__(
        self, figure: Figure, layers: dict[int, Layer], capsules: list[Capsule], dance: StagedDance
    ) -> None:
        """Mesh and skin the layers, and track the dance's bones."""
        self._limbs = figure.limbs
        parts = list(layers)
        backs = {TORSO: layers[TORSO].colour, HEAD: back_of_head(figure, layers[HEAD])}
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
        self._sheets = lay_out(parts, meshes, self._depths, self._skins)
        self._groups = groups_of(figure.limbs)
        self._orders = sorted_with_hysteresis(depth_keys(dance, self._groups))
        facing = dance.rotations[:, [POINT["spine3"], POINT["pelvis"]], 2, 2]
        self._arms_behind = switched_with_hysteresis(facing[:, 0], _FACING_MARGIN)
        self._legs_behind = switched_with_hysteresis(facing[:, 1], _FACING_MARGIN)

    def _skin_trunk(self, figure: Figure, layers: dict[int, Layer], meshes: list[Mesh]) -> None:
        torso, head = meshes[0].xy, meshes[1].xy
        deep = relief(layers[TORSO].alpha, torso, TORSO_BODY, figure.unit)
        round_ = relief(layers[HEAD].alpha, head, HEAD_BODY, figure.unit)
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

    def turn_shares(self) -> dict[str, float]:
        """Shares of frames in which the chest is turned so far that the picture is only a guess."""
        angle = np.degrees(self.chest_turn.angle)
        return {
            "share_turned_35_to_90": round(float(np.mean((angle > 35) & (angle <= 90))), 4),
            "share_turned_beyond_90": round(float(np.mean(angle > 90)), 4),
        }

    def stretched(self, xy: NDArray[np.float32]) -> dict[int, float]:
        """Share of each limb's triangles that a frame with its vertices here, as `draw_list` puts
        them, draws out to several times their size."""
        shares = {}
        for part in self._limbs:
            groups = [(part, half) for half in (0, 1)]
            torn = [self._sheets.drawn_out(xy, group, _DRAWN_OUT) for group in groups]
            shares[part] = float(np.mean(np.concatenate(torn)))
        return shares

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
            mirrored = legs_behind if part in LEGS else arms_behind
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
                kept = ~self._sheets.drawn_out(xy, (part, half), _SLIVER)
                add(self._sheets.triangles[part, half][0][kept], False, 1.0)
                continue
            turn = self.chest_turn if part == TORSO else self.head_turn
            share = float(turn.share[frame])
            if share < 1:
                add(self._sheets.triangles[part, 0][FROM_BEHIND], True, 1.0)
            if share > 0:
                add(self._sheets.triangles[part, 0][FROM_FRONT], True, share)
        return DrawList(
            xy=xy,
            uv=self._sheets.uv,
            triangles=np.concatenate(triangles),
            culled=np.concatenate(culled),
            opacity=np.concatenate(opacity),
        )
