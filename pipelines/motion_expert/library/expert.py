"""The library as one of the Motion Experts."""

from __future__ import annotations

from pathlib import Path

from pipelines.foot_restoration.treatment import NONE, RESTORE, treated
from pipelines.motion_expert.interface import Danced, DanceRequest
from pipelines.motion_expert.library.dancer import LibraryDancer
from pipelines.motion_expert.library.edited import directed_dances
from pipelines.motion_expert.library.options import LibraryOptions
from pipelines.support.progress import Progress


class LibraryExpert:
    """Recorded dance, re-arranged to the song; docs/reference says how it is chosen and joined."""

    def __init__(self, dancer: LibraryDancer, options: LibraryOptions) -> None:
        self._dancer, self._options = dancer, options

    @staticmethod
    def load(folder: Path | None, device: str, options: LibraryOptions) -> LibraryExpert:
        """A prepared library's folder, or the one that ships (None); it runs on the CPU alone."""
        return LibraryExpert(LibraryDancer.load(folder), options)

    def dance(self, request: DanceRequest, progress: Progress) -> list[Danced]:
        """See interface.Dancer."""
        if request.directed:
            return [Danced(*one) for one in
                    directed_dances(self._dancer, request, self._options, progress)]  # fmt: skip
        with progress.stage("choreographing", unit="bars") as advance:
            dances = self._dancer.dance(
                request.music.values,
                request.music.schema,
                styles=request.styles,
                energy=self._options.energy,
                seed=request.seed,
                candidates=request.candidates,
                upright=not self._options.floor_work,
                variation=self._options.variation,
                on_step=lambda: advance(1),
            )
        for note in dict.fromkeys(note for _, _, facts in dances for note in facts["notes"]):
            progress.warn(note)
        # Its takes were cleaned when the library was made; what is left is where they are joined.
        feet = RESTORE if request.feet == RESTORE else NONE
        return [Danced(treated(motion, feet), facts) for motion, _, facts in dances]
