"""MEGADance as `generate` calls it: tokens to the song, as a dance that stands on its feet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipelines.motion import layout
from pipelines.motion.motion import Motion
from pipelines.motion.representation import decode
from pipelines.motion_expert.bending import settled
from pipelines.motion_expert.interface import Danced, DanceRequest
from pipelines.motion_expert.megadance.checkpoint import MegaDance, load_megadance
from pipelines.motion_expert.megadance.generator.sampling import Sampling, continued
from pipelines.motion_expert.megadance.halves import root_way
from pipelines.motion_expert.megadance.options import MegaDanceOptions
from pipelines.motion_expert.megadance.presets import FRAMES
from pipelines.motion_expert.megadance.released import as_our_columns, motion_of_released
from pipelines.motion_expert.megadance.token_music import (
    clock_of_tokens,
    first_of_tokens,
    music_of_tokens,
)
from pipelines.music.beats import beat_times
from pipelines.rhythm.beat_clock import clock_hands, count_beats, half_a_beat_later
from pipelines.rhythm.on_beat import with_reserve
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.devices import torch_device
from pipelines.support.errors import BadUsage, UnsuitableInput
from pipelines.support.progress import SILENT, Progress


class MegaDancer:
    """The expert "megadance"."""

    def __init__(self, model: MegaDance, options: MegaDanceOptions, device: torch.device) -> None:
        self._model, self._device = model, device
        self._tokenizer = model.tokenizer.to(device)
        self._generator = model.generator.to(device)
        own = model.generator.config
        self._sampling = Sampling(
            options.temperature, options.top_k,
            options.beat_weight or own.beat_weight, options.genre_weight or own.genre_weight,
        )  # fmt: skip
        self._tempo_change = options.tempo_change

    @staticmethod
    def load(folder: Path | None, device: str, options: MegaDanceOptions) -> MegaDancer:
        """Load a checkpoint's folder onto "auto", "cpu" or "cuda".

        Raises MissingAsset, UnsuitableInput.
        """
        return MegaDancer(load_megadance(folder), options, torch_device(device))

    def dance(self, request: DanceRequest, progress: Progress = SILENT) -> list[Danced]:
        """Dances of the request's frames; each candidate begins with another token.

        Raises:
            UnsuitableInput: features of another schema, no music, or weights that give no finite
                motion.
            BadUsage: a style that it does not know, or released weights that are to dance without
                one, which they never learned.
        """
        if not request.frames:
            raise UnsuitableInput("there is no music to dance to", "take a longer --duration")
        # Styles change at their second of the song, which bending would move.
        bent = self._tempo_change if len(request.styles) < 2 else 0.0
        values = with_reserve(self._values(request), bent)
        genres = self.genres_of_tokens(request, len(values))
        if self._model.released is not None:
            self._expect_genres(genres)
        count = count_beats(values)
        music = self._heard(values, count)
        later = None
        if np.isfinite(count).all():  # else there is no beat that could come later
            later = self._heard(half_a_beat_later(values), count - 0.5)
        random = torch.Generator().manual_seed(request.seed)
        first = self._first(genres[0], request.candidates, random).to(self._device)
        with progress.stage("choreographing", len(genres) - 1, "tokens") as advance:
            tokens = continued(
                self._generator, first, music, genres, self._sampling, random,
                lambda: advance(1), later,
            )  # fmt: skip
        names = {name for _, name in request.styles}
        genre = names.pop() if len(names) == 1 else None
        facts = {"temperature": self._sampling.temperature, "top_k": self._sampling.top_k,
                 "styles": [list(style) for style in request.styles]}  # fmt: skip
        dances, beats = [], beat_times(request.music)
        with progress.stage("settling the feet", len(tokens), "dances") as advance:
            for sample in tokens:
                motion = self.motion(sample, len(values), genre)
                planted, speed = settled(motion, beats, request.frames, bent, request.feet)
                dances.append(Danced(planted, facts, {"speed_on_beat": speed}))
                advance(1)
        return dances

    def _expect_genres(self, genres: list[int]) -> None:
        if -1 in genres:
            known = ", ".join(self._generator.config.genres)
            raise BadUsage("--genre: MEGADance's released weights learned no dance without one",
                           f"name one from the song's beginning on: {known}")  # fmt: skip
        if self._sampling.genre_weight > 1:
            raise BadUsage(
                "--genre-weight asks MEGADance's released weights for a dance without a genre, "
                "which they never learned", "leave it out",
            )  # fmt: skip

    def _values(self, request: DanceRequest) -> NDArray[np.float32]:
        """(T, 35) of the song's frames, in the order of our columns, as the network hears it."""
        heard = request.heard_as(self._model.feature_schema)
        if self._model.released is None:
            return heard.values
        values = as_our_columns(torch.from_numpy(heard.values)).numpy()
        short = max(0, request.frames - len(values))
        return np.pad(values, ((0, short), (0, 0)), mode="edge")[: request.frames]

    def genres_of_tokens(self, request: DanceRequest, frames: int) -> list[int]:
        """The genre of each token of a dance of so many frames: that asked for at the token's
        middle, -1 for none."""
        config = self._generator.config
        asked = [(start, config.genre_index(name)) for start, name in sorted(request.styles)]
        result = []
        for number in range(-(-frames // FRAMES)):
            middle = (number + 0.5) * FRAMES / MOTION_FPS
            result.append(next((g for start, g in reversed(asked) if start <= middle), -1))
        return result

    def motion(self, tokens_tHC: Tensor, frames: int, genre: str | None) -> Motion:
        """Tokens (t, 2, 5) as the motion that they stand for, its root from the origin on."""
        velocity, sixes = self._tokenizer.decode(tokens_tHC[None], frames)
        way = root_way(velocity.double()).float()
        values = torch.cat([way, sixes], -1)[0].cpu().numpy()
        if not np.isfinite(values).all():
            raise UnsuitableInput(
                "MEGADance gives no finite motion: its weights are damaged", "train it again"
            )
        if self._model.released is not None:
            return motion_of_released(
                way[0].cpu(), sixes[0].cpu(), self._model.released, genre
            )  # fmt: skip
        encoded: NDArray[np.float32] = np.zeros((frames, layout.WIDTH), dtype=np.float32)
        encoded[:, layout.root.start :] = values
        return decode(encoded, genre)[0]

    def _heard(self, values_TF: NDArray[np.float32], count_T: NDArray[np.float64]) -> Tensor:
        """Features (T, 35) and the beats counted, token by token, as the generator hears them."""
        # Released weights learned from every eighth frame.
        of_tokens = music_of_tokens if self._model.released is None else first_of_tokens
        heard = self._model.standardizer.transform(of_tokens(values_TF))
        if self._generator.config.beat_gate:
            clock = clock_of_tokens(clock_hands(count_T))
            heard = np.concatenate([heard, clock], axis=-1)
        return torch.from_numpy(heard).to(self._device)

    def _first(self, genre: int, count: int, random: torch.Generator) -> Tensor:
        """First tokens (B, 2, 5): of training windows of the genre, where there are such."""
        known = (self._model.start_genre == genre).nonzero()[:, 0]
        pool: Tensor | Sequence[int] = known if len(known) else torch.arange(
            len(self._model.start_tokens)
        )  # fmt: skip
        chosen = torch.randint(len(pool), (count,), generator=random)
        return self._model.start_tokens[torch.as_tensor(pool)[chosen]]
