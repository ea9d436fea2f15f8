"""MACE-Dance's Motion Expert as `generate` calls it: sampled, cleaned, brought onto the beat."""

from __future__ import annotations

from pathlib import Path

from pipelines.motion_expert.bending import settled
from pipelines.motion_expert.interface import Danced, DanceRequest
from pipelines.motion_expert.mace.choreographer import Choreographer
from pipelines.motion_expert.mace.inpainting import inpainted
from pipelines.motion_expert.mace.options import MaceOptions, SamplingConfig
from pipelines.music.beats import beat_times
from pipelines.rhythm.on_beat import with_reserve
from pipelines.support.devices import torch_device
from pipelines.support.progress import SILENT, Progress


class MaceDancer:
    """The expert "mace"."""

    def __init__(self, choreographer: Choreographer, options: MaceOptions) -> None:
        self.choreographer = choreographer
        self._options = options

    @staticmethod
    def load(folder: Path | None, device: str, options: MaceOptions) -> MaceDancer:
        """Load a checkpoint folder, or the one that ships (None), onto "auto", "cpu" or "cuda".

        Raises MissingAsset, UnsuitableInput.
        """
        return MaceDancer(Choreographer.load(folder, torch_device(device)), options)

    def dance(self, request: DanceRequest, progress: Progress = SILENT) -> list[Danced]:
        """Dances of the request's frames, each with the speed at which it was bent (None: not).

        Raises as `Choreographer.dance`; BadUsage for more than one style.
        """
        if request.directed:
            return inpainted(self.choreographer, request, self._options, progress)
        options, music = self._options, request.music
        config = SamplingConfig(
            beta=options.beta, beat_weight=options.beat_weight,
            sampling_steps=options.sampling_steps, genre=request.only_style,
            candidates=request.candidates, seed=request.seed,
        )  # fmt: skip
        heard = with_reserve(music.values, options.tempo_change)
        with progress.stage("choreographing", config.sampling_steps, "steps") as advance:
            samples = self.choreographer.dance(heard, music.schema, config, lambda: advance(1))
        facts = {"beta": config.beta, "steps": config.sampling_steps, "genre": config.genre}
        dances, beats = [], beat_times(music)
        with progress.stage("settling the feet", len(samples), "dances") as advance:
            for motion, contacts in samples:
                planted, speed = settled(
                    motion, beats, request.frames, options.tempo_change, request.feet, contacts
                )
                dances.append(Danced(planted, facts, {"speed_on_beat": speed}))
                advance(1)
        return dances
