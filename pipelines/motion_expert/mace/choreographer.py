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
from pipelines.motion_expert.mace.network import Heard, MotionExpert
from pipelines.motion_expert.mace.options import SamplingConfig
from pipelines.rhythm.beat_clock import clock_hands, count_beats, half_a_beat_later
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import OutOfResources, UnsuitableInput, is_out_of_memory

_LEAST_AREA = 0.25
"""Of a rotation's rows, below which a dancer is in the middle of changing his mind."""
_FEET_AND_BODY = np.r_[layout.contacts, layout.pelvis.stop : layout.WIDTH]
"""What the beat weight counts for. Not where the dancer is and which way he faces."""

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
        return [decode(sample, config.genre, _LEAST_AREA) for sample in raw]

    def _sample(
        self, features: Array, config: SamplingConfig, on_step: Callable[[], None],
        given: tuple[Array, Array] | None,
    ) -> Array:  # fmt: skip
        count = config.candidates
        genre_1 = torch.tensor([self.checkpoint.config.genre_index(config.genre)])
        sampler = DdimSampler(config.sampling_steps, config.eta)
        generator = torch.Generator().manual_seed(config.seed)
        with torch.inference_mode():
            denoise = self._denoiser(features, genre_1.to(self.device), config)
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

    def _denoiser(self, features: Array, genre_1: Tensor, config: SamplingConfig) -> Denoiser:
        model, count = self.model, count_beats(features)
        classifier_free = model.config.guidance == "cfg"
        weight = config.beat_weight or model.config.beat_weight
        if not (model.config.beat_clock and np.isfinite(count).all()):
            weight = 1.0  # no beat that could come later
        once = not classifier_free and weight == 1
        beta_B = torch.full((config.candidates,), config.beta if once else 1.0, device=self.device)

        def heard(features: Array, count: NDArray[np.float64], keep: bool = True) -> Heard:
            music_1TF = torch.from_numpy(self._heard(features, count))[None].to(self.device)
            keep_1 = torch.tensor([keep], device=self.device)
            return model.hear(music_1TF, genre_1, keep_1).expand(config.candidates)

        bound = heard(features, count)
        if once:
            return lambda x, step: model.denoise(x, _filled(step, beta_B), bound, beta_B)
        if classifier_free:
            free = heard(features, count, keep=False)
            share_K = torch.full((layout.WIDTH,), config.beta, device=self.device)
        else:
            free = heard(half_a_beat_later(features), count - 0.5)
            share_K = torch.ones(layout.WIDTH, device=self.device)
            share_K[_FEET_AND_BODY] = 1 / weight

        def asked_twice(x: Tensor, step: int) -> Tensor:
            step_B = _filled(step, beta_B)
            answer = model.denoise(x, step_B, bound, beta_B)
            other = model.denoise(x, step_B, free, beta_B)
            return other + (answer - other) / share_K

        return asked_twice

    def _heard(self, features: Array, count: NDArray[np.float64]) -> Array:
        """(T, F): the standardised features, and the beat clock for a network that hears it."""
        music = self.checkpoint.standardizer.transform(features)
        if not self.checkpoint.config.beat_clock:
            return music
        return np.concatenate([music, clock_hands(count)], axis=-1)


def _filled(value: int, like: Tensor) -> Tensor:
    return torch.full(like.shape, value, device=like.device, dtype=torch.long)
