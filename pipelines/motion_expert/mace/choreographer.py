"""From music features to dances: one non-autoregressive pass over the whole song (paper 3.2)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipelines.motion import layout
from pipelines.motion.motion import Motion
from pipelines.motion.representation import decode
from pipelines.motion_expert.mace.checkpoint import Checkpoint, build_model, load_checkpoint
from pipelines.motion_expert.mace.diffusion import DdimSampler, Denoiser, Known
from pipelines.motion_expert.mace.network import MotionExpert
from pipelines.motion_expert.mace.options import SamplingConfig
from pipelines.rhythm.beat_clock import clock_hands, count_beats
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import OutOfResources, UnsuitableInput, is_out_of_memory

Array = NDArray[np.float32]


class Choreographer:
    """A loaded Motion Expert."""

    def __init__(self, checkpoint: Checkpoint, device: torch.device) -> None:
        self.checkpoint = checkpoint
        self.device = device
        model = build_model(checkpoint)
        assert isinstance(model, MotionExpert)
        self.model = model.to(device)

    @staticmethod
    def load(folder: Path | None, device: torch.device) -> Choreographer:
        """Load a checkpoint folder, or the one that ships (None)."""
        return Choreographer(load_checkpoint(folder), device)

    def dance(
        self,
        features: Array,
        schema: str,
        config: SamplingConfig,
        on_step: Callable[[], None] = lambda: None,
        given: tuple[Array, Array] | None = None,
    ) -> list[tuple[Motion, Array]]:
        """Dance to a whole song.

        Args:
            features: (T, 35) music features at 30 fps. schema: how they were computed.
            config: how to sample.
            on_step: called after each of the `config.sampling_steps` evaluations.
            given: encoded motion (T, 151), and which of it is held (T, 151), 0 to 1; None: nothing.

        Returns:
            For each candidate the motion of T frames at 30 fps and its contact labels (T, 4).

        Raises:
            UnsuitableInput: the features follow another schema than the checkpoint was trained on,
                or its weights give no finite motion.
            OutOfResources: the song does not fit into memory at once.
        """
        config.validate()
        if schema != self.checkpoint.feature_schema:
            raise UnsuitableInput(
                f"music features are {schema}, the Motion Expert needs "
                f"{self.checkpoint.feature_schema}"
            )
        try:
            samples = self._sample(features, config, on_step, given)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            raise OutOfResources(
                f"{len(features) / MOTION_FPS:.0f} s of music x {config.candidates} candidates "
                "do not fit into memory",
                "lower --candidates, or cut the song with --duration",
            ) from error
        if not np.isfinite(samples).all():
            raise UnsuitableInput(
                "the Motion Expert gives no finite motion: its weights are damaged",
                "leave --motion-model out, or train it again",
            )
        raw = [self.checkpoint.normalizer.inverse(sample) for sample in samples]
        return [decode(sample, config.genre) for sample in raw]

    def _sample(
        self, features: Array, config: SamplingConfig, on_step: Callable[[], None],
        given: tuple[Array, Array] | None,
    ) -> Array:  # fmt: skip
        count = config.candidates
        genre = self.checkpoint.config.genre_index(config.genre)
        music = torch.from_numpy(self._heard(features))
        sampler = DdimSampler(config.sampling_steps, config.eta)
        generator = torch.Generator().manual_seed(config.seed)
        with torch.inference_mode():
            music_1TF = music[None].to(self.device)
            genre_1 = torch.tensor([genre], device=self.device)
            tokens = self.model.encode_music(music_1TF, genre_1).expand(count, -1, -1)
            bar_1TK = self.model.bar(music_1TF, genre_1, torch.ones_like(genre_1))
            denoise = self._denoiser(tokens, config.beta, bar_1TK)
            shape = (count, len(features), layout.WIDTH)
            sample = sampler.sample(
                denoise, shape, generator, self.device, on_step, self.known(given)
            )
        return sample.float().cpu().numpy()

    def known(self, given: tuple[Array, Array] | None) -> Known | None:
        """What `dance` is given, in the scale that is drawn in."""
        if given is None:
            return None
        values, share = given
        scaled = self.checkpoint.normalizer.transform(values)
        return Known(*(torch.from_numpy(x)[None].to(self.device) for x in (scaled, share)))

    def _heard(self, features: Array) -> Array:
        """(T, F): the standardised features, and the beat clock for a network that hears it."""
        music = self.checkpoint.standardizer.transform(features)
        if not self.checkpoint.config.beat_clock:
            return music
        return np.concatenate([music, clock_hands(count_beats(features))], axis=-1)

    def _denoiser(self, tokens_BTM: Tensor, beta: float, bar_1TK: Tensor | None = None) -> Denoiser:
        model, count = self.model, len(tokens_BTM)
        everyone = torch.ones(count, dtype=torch.bool, device=self.device)
        conditional = model.condition(tokens_BTM, everyone)
        beta_B = torch.full((count,), beta, device=self.device)

        def guidance_free(x: Tensor, step: int) -> Tensor:
            return model.denoise(x, _filled(step, beta_B), conditional, beta_B, bar_1TK)

        def classifier_free(x: Tensor, step: int) -> Tensor:
            free = model.condition(tokens_BTM, ~everyone)
            step_B = _filled(step, beta_B)
            with_music = model.denoise(x, step_B, conditional, beta_B, bar_1TK)
            without = model.denoise(x, step_B, free, beta_B)
            return without + (with_music - without) / beta

        return guidance_free if model.config.guidance == "gft" else classifier_free


def _filled(value: int, like: Tensor) -> Tensor:
    return torch.full(like.shape, value, device=like.device, dtype=torch.long)
