"""The library as a Motion Expert: from music features to dances.

dancer = LibraryDancer.load(None)
motion, contacts, facts = dancer.dance(features, schema, styles=[("house", 0.0)])[0]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.motion.motion import Motion
from pipelines.motion_expert.library.assembly import Stretch, assemble, stretches_of
from pipelines.motion_expert.library.counting import (
    FASTEST_SPEED,
    SLOWEST_SPEED,
    Counted,
    counted_takes,
)
from pipelines.motion_expert.library.genres import find_genre, liking_of
from pipelines.motion_expert.library.header import SHIPPED
from pipelines.motion_expert.library.on_the_beat import with_the_steps
from pipelines.motion_expert.library.search import SearchConfig, best_sequence
from pipelines.motion_expert.library.song_plan import SongPlan, plan_song
from pipelines.motion_expert.library.storage import Library, TakeEntry, load_library
from pipelines.motion_expert.library.units import Units, build_units
from pipelines.motion_expert.library.variation import (
    bars_varied,
    share_of_other,
    with_trunk_of,
)
from pipelines.music import layout
from pipelines.music.features import FEATURE_SCHEMA
from pipelines.support.errors import BadUsage, UnsuitableInput

_WIDER = ((SLOWEST_SPEED, FASTEST_SPEED), (0.6, 1.6), (0.3, 3.0))
"""Speeds of the dance against the take as recorded that are tried, one after the other."""
_ENOUGH, _ENOUGH_DANCES = 12, 4
"""Units and choreographies (half of them, where a style has few); a style with fewer at a song's
tempo is danced faster or slower than dancers would."""
MOST_CANDIDATES = 64
_OTHER_SEEDS = 2**32
_TWO_TEMPI = 1.2


class LibraryDancer:
    """Recorded dance, re-arranged to songs. Deterministic by seed; needs no network and no GPU."""

    def __init__(self, library: Library, config: SearchConfig | None = None) -> None:
        self.library = library
        self.config = config or SearchConfig()

    @staticmethod
    def load(folder: Path | None) -> LibraryDancer:
        """Load a prepared library, or the one that ships (None).

        Raises:
            MissingAsset, UnsuitableInput: as `storage.load_library`.
        """
        return LibraryDancer(load_library(folder or SHIPPED))

    @property
    def genres(self) -> tuple[str, ...]:
        """Styles that can be asked for."""
        return tuple(sorted({take.genre for take in self.library.takes}))

    def dance(
        self,
        features_TF: NDArray[np.float32],
        schema: str,
        *,
        styles: Sequence[tuple[float, str]] = (),
        energy: float | None = None,
        seed: int = 0,
        candidates: int = 1,
        upright: bool = True,
        variation: float = 0.0,
        on_step: Callable[[], None] = lambda: None,
    ) -> list[tuple[Motion, NDArray[np.float32], dict[str, Any]]]:
        """Dance to a whole song.

        Args:
            features_TF: (T, 35) music features at 30 fps. schema: how they were computed.
            styles: (second from which on, style); before the first one, and without any, styles
                are chosen by how they suit the song.
            energy: 0 calm to 1 wild; None follows the song.
            seed: chooses other material. candidates: how many dances.
            upright: leave out floor work and deep bends, which a drawn puppet cannot follow.
            variation: 0 to 1, the share of bars with trunk and arms of another dance to the song.
            on_step: called once per bar and candidate, after it was chosen.

        Returns:
            Per candidate the motion of T frames at 30 fps, its contacts (T, 4), and what is in it.

        Raises:
            UnsuitableInput: features of another schema or shape, or no dance in the library.
            BadUsage: an unknown style, energy or variation outside 0 ... 1, too many candidates.
        """
        asked = self.checked(features_TF, schema, styles, energy, candidates)
        if not 0 <= variation <= 1:
            raise BadUsage(f"--variation {variation}: must lie in 0 ... 1")
        plan, frames = plan_song(features_TF), len(features_TF)
        units = self.units_for(plan, [name for _, name in asked], upright)
        bar_styles = styles_of_bars(plan, asked, units)
        dances = []
        for number in range(candidates):
            drawn = seed * MOST_CANDIDATES + number
            search = partial(best_sequence, units, plan, bar_styles, energy, config=self.config)
            path = search(drawn, on_step=on_step)
            stretches = stretches_of(units, path, plan.per_bar, plan.stops)
            motion, contacts, joins = assemble(self.library, units, plan, stretches, frames)
            facts = self._facts(units, plan, stretches, joins, asked)
            varied = bars_varied(plan.bars, variation, drawn)
            if varied.any():
                over = search(drawn + _OTHER_SEEDS)
                above = stretches_of(units, over, plan.per_bar, plan.stops)
                other, _, _ = assemble(self.library, units, plan, above, frames)
                motion = with_trunk_of(motion, other, share_of_other(plan, varied, frames))
                facts |= {
                    "trunk_parts": self.parts(units, plan, above), "varied_bars": varied.tolist(),
                }  # fmt: skip
            parts = facts["parts"] + facts.get("trunk_parts", [])
            names = sorted({part["genre"] for part in parts})
            label = names[0] if len(names) == 1 else None
            dances.append((replace(motion, genre=label, source="dance-library"), contacts, facts))
        return dances

    def checked(
        self, features_TF: NDArray[np.float32], schema: str,
        styles: Sequence[tuple[float, str]], energy: float | None, candidates: int,
    ) -> list[tuple[float, str]]:  # fmt: skip
        """The library's names of the styles that are asked for; raises as `dance`."""
        if schema != FEATURE_SCHEMA:
            raise UnsuitableInput(
                f"music features are {schema}, the dance library needs {FEATURE_SCHEMA}"
            )
        if features_TF.ndim != 2 or features_TF.shape[1] != layout.WIDTH or not len(features_TF):
            raise UnsuitableInput(f"music features are {features_TF.shape}, expected (T, 35)")
        if energy is not None and not 0 <= energy <= 1:
            raise BadUsage(f"--energy {energy}: must lie in 0 ... 1")
        if not 1 <= candidates <= MOST_CANDIDATES:
            raise BadUsage(f"--candidates {candidates}: must lie in 1 ... {MOST_CANDIDATES}")
        return sorted((second, find_genre(name, self.genres)) for second, name in styles)

    def units_for(
        self, plan: SongPlan, asked: list[str], upright: bool, any_style: bool = False
    ) -> Units:
        """Units at the song's tempo; where there are too few, at tempi further away.

        Args:
            any_style: also those that dance only when asked for.
        """
        unasked = not asked
        wanted = set(asked) | ({None} if unasked else set())

        # A library of nothing else is danced from all the same.
        anything_liked = any(_is_liked(take) for take in self.library.takes)

        def is_wanted(take: TakeEntry) -> bool:
            return any_style or take.genre in wanted or _is_liked(take) or not anything_liked

        def enough(units: Units | None) -> bool:
            if units is None:
                return False
            return all(self._suffices(units, name) for name in asked)

        best: Units | None = None
        for speeds in _WIDER:
            for standing in dict.fromkeys((upright, False)):
                counted = self._counted(plan, is_wanted, speeds)
                units = build_units(self.library, counted, plan.per_bar, plan.bpm, standing)
                if enough(units):
                    assert units is not None
                    return units
                best = units or best
        # A library of a few short takes: whatever it has.
        anything = self._counted(plan, lambda take: True, (0.1, 10.0))
        best = best or build_units(self.library, anything, plan.per_bar, plan.bpm, False)
        if best is None:
            raise UnsuitableInput(
                f"the dance library has no take of {plan.per_bar} steps", "give it longer takes"
            )
        return best

    def _counted(
        self, plan: SongPlan, wanted: Callable[[TakeEntry], bool], speeds: tuple[float, float]
    ) -> list[Counted]:
        """The wanted takes as they are counted to a song, each by where its dancer steps."""
        return [
            replace(
                one, times=with_the_steps(self.library, self.library.takes[one.number], one.times)
            )
            for one in counted_takes(self.library, plan.bpm, wanted, speeds)
        ]

    def _suffices(self, units: Units, genre: str) -> bool:
        """Whether a style has units enough, and of more than one or two of its dances."""
        if genre not in units.genres:
            return False
        of_it = units.genre == units.genres.index(genre)
        known = len({take.choreography for take in self.library.takes if take.genre == genre})
        danced = len(np.unique(units.choreography[of_it]))
        return int(of_it.sum()) >= _ENOUGH and danced >= min(_ENOUGH_DANCES, (known + 1) // 2)

    def parts(self, units: Units, plan: SongPlan, stretches: list[Stretch]) -> list[dict[str, Any]]:
        """Which seconds of which take are danced when."""
        parts = []
        for stretch in stretches:
            counted = units.counted[stretch.counted]
            take = self.library.takes[counted.number]
            first = stretch.begins(plan.per_bar)
            begin = max(0.0, float(plan.pulses[first]))
            end = min(plan.seconds, float(plan.pulses[first + stretch.pulses]))
            parts.append({
                "take": take.name, "genre": take.genre, "mirrored": stretch.mirrored,
                "choreography": take.choreography, "licence": take.licence,
                "start": round(begin, 3), "seconds": round(max(0.0, end - begin), 3),
                "take_start": round(float(counted.times[stretch.first_pulse]), 3),
            })  # fmt: skip
        return parts

    def _facts(
        self, units: Units, plan: SongPlan, stretches: list[Stretch], joins: list[int],
        asked: list[tuple[float, str]],
    ) -> dict[str, Any]:  # fmt: skip
        """What a dance is made of, and what the user should be told of its fit."""
        parts = self.parts(units, plan, stretches)
        danced = {part["genre"] for part in parts}
        notes = []
        if not plan.steady:
            notes.append("the song has no steady beat: the dance keeps a count of its own")
        slowest, fastest = plan.tempi
        if plan.steady and fastest > _TWO_TEMPI * slowest:
            notes.append(
                f"the song's tempo changes between {slowest:.0f} and {fastest:.0f} a minute: "
                "some bars are danced faster or slower than suits them"
            )
        for name in sorted({name for _, name in asked} - danced):
            notes.append(f"no {name} was found that fits the song's tempo")
        return {
            "bpm": round(plan.bpm, 2), "per_bar": plan.per_bar, "steady": plan.steady,
            "parts": parts, "joins": joins, "notes": notes,
        }  # fmt: skip


def _is_liked(take: TakeEntry) -> bool:
    """Whether a take is danced without being asked for."""
    return liking_of(take.genre) is not None and not take.couple


def styles_of_bars(
    plan: SongPlan, asked: list[tuple[float, str]], units: Units
) -> list[int | None]:
    """Per bar the number of the style asked for at its middle, or None."""
    result: list[int | None] = []
    for bar in range(plan.bars):
        first, last = plan.pulses[bar * plan.per_bar], plan.pulses[(bar + 1) * plan.per_bar]
        names = [name for second, name in asked if second <= max(0.0, (first + last) / 2)]
        known = bool(names) and names[-1] in units.genres
        result.append(units.genres.index(names[-1]) if known else None)
    return result
