"""The puppet back end (docs/reference/puppet.md): cut out, rig, check, paint frame after frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.appearance_expert.puppet.cutting.body_parts import (
    ARMS,
    PART_NAMES,
)
from pipelines.appearance_expert.puppet.cutting.capsules import (
    Capsule,
    outside_polygon,
    torso_polygon,
)
from pipelines.appearance_expert.puppet.cutting.figure import Figure, build_figure, with_matte
from pipelines.appearance_expert.puppet.cutting.gaps import gaps_beside_arms
from pipelines.appearance_expert.puppet.cutting.gates import Gates, measure_gates
from pipelines.appearance_expert.puppet.cutting.held import arms_to_hold, carried_by_trunk
from pipelines.appearance_expert.puppet.cutting.layers import Layer, build_layers
from pipelines.appearance_expert.puppet.cutting.parts import bones_of, label_parts
from pipelines.appearance_expert.puppet.cutting.plate import laid_out, without_person
from pipelines.appearance_expert.puppet.painting.compositor import Compositor
from pipelines.appearance_expert.puppet.painting.mannequin import Mannequin
from pipelines.appearance_expert.puppet.painting.shadow import Shadow
from pipelines.appearance_expert.puppet.painting.softening import Softened, softened_until_drawable
from pipelines.appearance_expert.puppet.painting.tears import Tears, measure_tears
from pipelines.appearance_expert.puppet.posing.rig import Rig
from pipelines.appearance_expert.puppet.posing.softened import reference_pose
from pipelines.keypoints.person import ReferencePerson
from pipelines.keypoints.staged import StagedDance
from pipelines.support.progress import SILENT, Progress

if TYPE_CHECKING:
    from pipelines.appearance_expert.interface import Frame

CROSSFADE_FRAMES = 4
_MOST_SOFTENED = 0.3
"""Share of a dance beyond which a figure whose arms are free is cut otherwise first."""
_NAMED = 5


@dataclass(frozen=True)
class CutOut:
    """The person cut up and tied to a dance, or why that cannot be.

    Attributes:
        rig: None if a mannequin must dance instead.
        held: arms that the trunk carries, because they cannot be cut out without damage.
        dance: what the rig is tied to: the dance, softened in `spans` where it would tear it.
    """

    figure: Figure
    labels: NDArray[np.uint8]
    layers: dict[int, Layer]
    gates: Gates
    tears: Tears | None
    held: tuple[int, ...]
    rig: Rig | None
    dance: StagedDance
    spans: tuple[Softened, ...] = ()
    capsules: list[Capsule] = field(default_factory=list)

    @property
    def failed(self) -> tuple[str, ...]:
        """What speaks against dancing, in words."""
        return self.gates.failed + (self.tears.failed if self.tears else ())

    def report(self) -> dict[str, Any]:
        """Mode, numbers and limbs, JSON-able."""
        facts: dict[str, Any] = {
            "mode": "mannequin" if self.rig is None else "puppet",
            "gates": self.gates.as_json(),
            "tears": self.tears.as_json() if self.tears else None,
            "dancing_limbs": [PART_NAMES[part] for part in self.figure.limbs],
            "held_limbs": [PART_NAMES[part] for part in self.held],
        }
        if self.spans:
            facts["softened"] = [span.as_json() for span in self.spans]
        if warnings := self.warnings():
            facts["warnings"] = warnings
        return facts | (self.rig.turn_shares() if self.rig else {})

    def warnings(self) -> list[str]:
        """What the figure does not dance, for people."""
        if self.rig is None:
            return []
        held = [PART_NAMES[part] for part in self.held]
        words = [
            f"carried along, because it cannot be cut out of this picture: {' and '.join(held)}; "
            "an arm away from the body dances"
        ]
        return (words if held else []) + ([self.softened_words()] if self.spans else [])

    def softened_words(self) -> str:
        """Where the dance is danced less, for people."""
        named = [span.words() for span in self.spans[:_NAMED]]
        more = len(self.spans) - len(named)
        return (
            "the puppet cannot draw all of this dance (floor work, deep bends) and dances less at "
            f"{', '.join(named)}{f' and {more} more' if more else ''}"
        )


def prepare(person: ReferencePerson, dance: StagedDance, clean: NDArray[np.float32]) -> CutOut:
    """Cut the person up; what tears dances less, or is carried by the trunk where it always does.

    Args:
        clean: (H, W, 3) the reference picture without the person.
    """
    figure = build_figure(person, dance, clean)
    capsules = bones_of(figure)
    if not figure.drawn:
        trunk = outside_polygon(figure.matte.shape, torso_polygon(figure))
        figure = with_matte(figure, gaps_beside_arms(figure, capsules, trunk))
    held = arms_to_hold(figure, capsules)
    while True:
        cut = _cut_up(*carried_by_trunk(figure, capsules, held), held, dance)
        free = [arm for arm in ARMS if arm in cut.figure.limbs]
        if not cut.failed:
            return cut
        if cut.rig is not None and (soft := _softened(cut, person, dance, free)) is not None:
            return soft
        if not free:
            return replace(cut, rig=None)
        torn = cut.tears.torn_arms if cut.tears else ()
        held = tuple(sorted((*held, *(torn or free))))


def _cut_up(
    figure: Figure, capsules: list[Capsule], held: tuple[int, ...], dance: StagedDance
) -> CutOut:
    labels = label_parts(figure, capsules)
    layers = build_layers(figure, labels, capsules)
    gates = measure_gates(figure, labels, capsules, layers)
    if gates.failed:
        return CutOut(figure, labels, layers, gates, None, held, None, dance)
    rig = Rig(figure, layers, capsules, dance)
    tears = measure_tears(rig, figure, dance)
    return CutOut(figure, labels, layers, gates, tears, held, rig, dance, capsules=capsules)


def _softened(
    cut: CutOut, person: ReferencePerson, dance: StagedDance, free: list[int]
) -> CutOut | None:
    """The figure with the dance softened where it tears; None where that is too much of it.

    What tears most of the time is not the dance's fault: then arms are carried by the trunk first.
    """
    assert cut.rig is not None

    def tied(other: StagedDance) -> Rig:
        return Rig(cut.figure, cut.layers, cut.capsules, other)

    still = reference_pose(person, dance)
    most = _MOST_SOFTENED if free else 1.0
    found = softened_until_drawable(cut.figure, dance, cut.rig, tied, still, most)
    if found is None:
        return None
    return replace(cut, rig=found.rig, dance=found.dance, spans=found.spans, tears=None)


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
        cut = prepare(person, dance, clean)
        self._report = {"backend": self.name, "draft": True, **cut.report()}
        plate = laid_out(clean, dance.reference_to_canvas, dance.width, dance.height)
        shadow = Shadow(dance)
        if cut.rig is None:
            self._progress.warn(
                "the picture cannot be cut up for dancing, so a mannequin in its colours dances "
                f"instead: {'; '.join(cut.failed)}. A plain picture of one whole person, or "
                "--ref-keypoints and --ref-mask, helps."
            )
            yield from _mannequin_frames(person, dance, plate, shadow)
            return
        for words in cut.warnings():
            self._progress.warn(words)
        yield from _puppet_frames(cut.rig, cut.dance, plate, shadow)

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
