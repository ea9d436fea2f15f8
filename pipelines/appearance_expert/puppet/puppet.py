"""The puppet back end: cut out, rig, check, and paint frame after frame (spec H)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.interface import Frame
from pipelines.appearance_expert.puppet.capsules import outside_polygon, torso_polygon
from pipelines.appearance_expert.puppet.compositor import Compositor
from pipelines.appearance_expert.puppet.figure import PART_NAMES, build_figure, with_matte
from pipelines.appearance_expert.puppet.gaps import gaps_beside_arms
from pipelines.appearance_expert.puppet.gates import measure_gates
from pipelines.appearance_expert.puppet.layers import build_layers
from pipelines.appearance_expert.puppet.mannequin import Mannequin
from pipelines.appearance_expert.puppet.parts import bones_of, label_parts
from pipelines.appearance_expert.puppet.plate import laid_out, without_person
from pipelines.appearance_expert.puppet.rig import Rig
from pipelines.appearance_expert.puppet.shadow import Shadow
from pipelines.keypoints.person import ReferencePerson
from pipelines.keypoints.staged import StagedDance
from pipelines.progress import SILENT, Progress

CROSSFADE_FRAMES = 4


class Puppet:
    """Draft appearance back end that needs no weights.

    It shows the person's own pixels, from the front, as paper-like layers: no real turns, no
    folds, no fingers. `report()` tells how far the picture and the dance went beyond that.
    """

    name = "puppet"

    def __init__(self, progress: Progress = SILENT) -> None:
        """Warnings about a fallback go to `progress`."""
        self._progress = progress
        self._report: dict[str, Any] = {}

    def frames(self, person: ReferencePerson, dance: StagedDance, seed: int) -> Iterator[Frame]:
        """Yield T frames (height, width, 3) uint8 RGB; `seed` is not used, nothing is random."""
        clean = without_person(person.image.astype(np.float32), person.matte)
        figure = build_figure(person, dance, clean)
        capsules = bones_of(figure)
        trunk = outside_polygon(figure.matte.shape, torso_polygon(figure))
        figure = with_matte(figure, gaps_beside_arms(figure, capsules, trunk))
        labels = label_parts(figure, capsules)
        layers = build_layers(figure, labels, capsules)
        gates = measure_gates(figure, labels, capsules, layers)
        self._report = {
            "backend": self.name,
            "draft": True,
            "mode": "mannequin" if gates.failed else "puppet",
            "gates": gates.as_json(),
            "dancing_limbs": [PART_NAMES[part] for part in figure.limbs],
        }
        plate = laid_out(clean, dance.reference_to_canvas, dance.width, dance.height)
        shadow = Shadow(dance)
        if gates.failed:
            self._progress.warn(
                "the picture cannot be cut up for dancing, so a mannequin in its colours dances "
                f"instead: {'; '.join(gates.failed)}. A plain picture of one whole person, or "
                "--ref-keypoints and --ref-mask, helps."
            )
            yield from _mannequin_frames(person, dance, plate, shadow)
            return
        rig = Rig(figure, layers, capsules, dance)
        self._report |= rig.turn_shares()
        yield from _puppet_frames(rig, dance, plate, shadow)

    def report(self) -> dict[str, Any]:
        """Mode, gates, and shares of frames turned away, of the last call; JSON-able."""
        return dict(self._report)


def _mannequin_frames(
    person: ReferencePerson, dance: StagedDance, plate: NDArray[np.float32], shadow: Shadow
) -> Iterator[Frame]:
    mannequin = Mannequin(person, dance)
    try:
        for frame in range(len(dance.xy)):
            yield mannequin.paint(shadow.cast(plate, frame), frame)
    finally:
        mannequin.close()


def _puppet_frames(
    rig: Rig, dance: StagedDance, plate: NDArray[np.float32], shadow: Shadow
) -> Iterator[Frame]:
    """Paint; where the order of the layers changes, blend the old order into the new one."""
    compositor = Compositor(dance.width, dance.height, rig.atlas)
    shown = before = rig.state(0)
    age = CROSSFADE_FRAMES
    try:
        for frame in range(len(dance.xy)):
            state = rig.state(frame)
            if state != shown:
                before, shown, age = shown, state, 0
            ground = shadow.cast(plate, frame)
            picture = compositor.paint(ground, rig.draw_list(frame, shown))
            if age < CROSSFADE_FRAMES:
                age += 1
                old = compositor.paint(ground, rig.draw_list(frame, before))
                weight = np.float32(age / (CROSSFADE_FRAMES + 1))
                mixed = picture * weight + old * (1 - weight) + np.float32(0.5)
                picture = mixed.astype(np.uint8)
            yield picture
    finally:
        compositor.close()
