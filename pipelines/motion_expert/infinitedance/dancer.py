"""InfiniteDance as a dancer: references found, tokens written and decoded, steps on the beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipelines.motion.front import faced
from pipelines.motion.motion import Motion
from pipelines.motion_expert.bending import settled
from pipelines.motion_expert.infinitedance.choreollama import ChoreoLlama
from pipelines.motion_expert.infinitedance.clock import STEP, WINDOW, Span, window_starts
from pipelines.motion_expert.infinitedance.features import decode
from pipelines.motion_expert.infinitedance.references import References
from pipelines.motion_expert.infinitedance.sampling import Sampling
from pipelines.motion_expert.infinitedance.tokenizer import Tokenizer
from pipelines.motion_expert.infinitedance.whole_songs import write_song
from pipelines.motion_expert.interface import Danced, DanceRequest, find_genre
from pipelines.music.beats import beat_times
from pipelines.music.recipes.timing import played_on
from pipelines.rhythm.on_beat import with_reserve
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import UnsuitableInput
from pipelines.support.progress import SILENT, Progress


@dataclass(frozen=True)
class InfiniteDancer:
    """All parts, loaded, in evaluation mode.

    Attributes:
        generator: the language model. tokenizer: whose tokens it writes.
        references: None where the generator hears none.
        genres: names of its styles. schema: of the music features that it was trained on.
        how: tokens are drawn. window, step: of long songs.
        tempo_change: the dance's tempo is bent by at most this share to bring it onto the beat.
        only_asked: styles that are not danced where none is asked for.
    """

    generator: ChoreoLlama
    tokenizer: Tokenizer
    references: References | None
    genres: Sequence[str]
    schema: str
    how: Sampling = Sampling()
    window: Span = WINDOW
    step: Span = STEP
    tempo_change: float = 0.2
    only_asked: Sequence[str] = ()

    def dance(self, request: DanceRequest, progress: Progress = SILENT) -> list[Danced]:
        """Dances of the request's frames; a song shorter than a window is danced in one that ends
        with silence held.

        Raises:
            UnsuitableInput: features of another schema, too few references, or no finite motion.
            BadUsage: a style that it does not know, or more than one.
        """
        music, heard = request.music, request.heard_as(self.schema)
        asked = request.only_style
        style = -1 if asked is None else list(self.genres).index(find_genre(asked, self.genres))
        frames = len(with_reserve(music.values, self.tempo_change))
        whole = Span(max(self.window.cells, Span.covering(frames).cells))
        held = played_on(heard, music.frames, frames, whole.frames)
        if asked is None:
            style = self._fitting_style(held)
        name = None if style < 0 else asked or self.genres[style]
        written = len(window_starts(whole, self.window, self.step))
        with progress.stage("choreographing", whole.tokens, "tokens") as advance:
            tokens_BN = write_song(
                self.generator, lambda start, length: self._heard(held, style, start, length),
                whole, self.how, torch.Generator().manual_seed(request.seed), request.candidates,
                self.window, self.step, lambda: advance(1), self._fastest,
            )  # fmt: skip
        facts = {"genre": asked, "style": name, "windows": written,
                 "temperature": self.how.temperature}  # fmt: skip
        dances, beats = [], beat_times(music)
        with progress.stage("settling the feet", request.candidates, "dances") as advance:
            for motion in self._motions(tokens_BN, frames, name):
                planted, speed = settled(
                    motion, beats, request.frames, self.tempo_change, request.feet
                )
                dances.append(Danced(planted, facts, {"speed_on_beat": speed}))
                advance(1)
        return dances

    def _fitting_style(self, music_TF: NDArray[np.float32]) -> int:
        """Where none is asked for: that of the dance that is found first; -1 where none is known.

        Without any the network has learned to stand more than to dance.
        """
        if self.references is None:
            return -1
        never = [n for n, name in enumerate(self.genres) if name in self.only_asked]
        return self.references.style_for(music_TF[: self.window.rows(self._hz)], never)

    @property
    def _hz(self) -> float:
        return self.generator.config.cadence.music_hz

    def _heard(
        self, music_TF: NDArray[np.float32], style: int, start: Span, length: Span
    ) -> Tensor:
        """The states of a window, with references for its own time."""
        first = start.rows(self._hz)
        piece = np.ascontiguousarray(music_TF[first : first + length.rows(self._hz)])
        reference = None
        if self.references is not None:
            found = self.references.for_music(piece, self.references.searched(style))
            reference = torch.from_numpy(found)[None]
        states: Tensor = self.generator.hear(
            torch.from_numpy(piece)[None], torch.tensor([style]), reference
        )
        return states

    def _fastest(self, tokens_BN: Tensor) -> Tensor:
        """(B,) m/s of the fastest joint in dances of these tokens."""
        joints = (decode(features, None).joints() for features in self._decoded(tokens_BN))
        speeds = [np.linalg.norm(np.diff(j, axis=0), axis=-1).max() * MOTION_FPS for j in joints]
        return torch.tensor(speeds)

    def _decoded(self, tokens_BN: Tensor) -> NDArray[np.float32]:
        """(B, T, 264); raises UnsuitableInput where it is not finite."""
        with torch.inference_mode():
            tokens_BLQ = tokens_BN.unflatten(1, (-1, self.generator.config.slots))
            features_BTD: NDArray[np.float32] = self.tokenizer.motion(tokens_BLQ).numpy()
        if not np.isfinite(features_BTD).all():
            raise UnsuitableInput(
                "the Motion Expert gives no finite motion: its weights are damaged",
                "leave --motion-model out, or train it again",
            )
        return features_BTD

    def _motions(self, tokens_BN: Tensor, frames: int, genre: str | None) -> list[Motion]:
        features_BTD = self._decoded(tokens_BN)[:, :frames]
        # Facing is summed up from turns that are written: where it comes out is nobody's choice.
        return [faced(decode(features, genre)) for features in features_BTD]
