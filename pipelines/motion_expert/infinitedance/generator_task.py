"""What `train-motion` trains last for InfiniteDance: the language model, on tokens of dances."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pipelines.datasets.augmentation import Augmentation
from pipelines.motion_expert.infinitedance import columns
from pipelines.motion_expert.infinitedance.cadence import CadenceConfig
from pipelines.motion_expert.infinitedance.choreollama import ChoreoConfig, ChoreoLlama
from pipelines.motion_expert.infinitedance.clock import WINDOW, Span
from pipelines.motion_expert.infinitedance.first_weights import begin_from
from pipelines.motion_expert.infinitedance.references import References, tokens_of
from pipelines.motion_expert.infinitedance.storage import load_part, save_part
from pipelines.motion_expert.infinitedance.tokenizer import Tokenizer
from pipelines.motion_expert.infinitedance.training_options import InfiniteDanceTrainingOptions
from pipelines.motion_expert.infinitedance.unasked import only_asked
from pipelines.motion_expert.infinitedance.whole import save_whole
from pipelines.motion_expert.infinitedance.windows import DanceBatch, DanceWindows
from pipelines.motion_expert.training.material import Material
from pipelines.motion_expert.training.settings import TrainMotionConfig
from pipelines.music import layout
from pipelines.music.features import FEATURE_SCHEMA
from pipelines.support.errors import BadUsage, UnsuitableInput
from pipelines.training.checkpoints import Checkpoints
from pipelines.training.feed import Tensors
from pipelines.training.optimizers import adamw_of_matrices
from pipelines.training.task import Key, Task, Words
from pipelines.training.training_log import TrainingLog

_HELD_WINDOWS = 64
_NAMELESS = 0.2
"""Share of windows that hear no style: whoever asks for none is danced to as these."""

WORDS = Words("window", "windows", "use a smaller --preset", "--preset")


def _heard(width: int, heads: int) -> CadenceConfig:
    return CadenceConfig(layout.WIDTH, 1, reference=columns.WIDTH, width=width, heads=heads)


PRESETS = {
    "paper": ChoreoConfig(_heard(2048, 8)),
    "small": ChoreoConfig(_heard(192, 4), layers=4, heads=4, key_heads=4, feed=512, dropout=0.1),
    "tiny": ChoreoConfig(_heard(16, 2), layers=1, heads=2, key_heads=2, feed=32),
}


def generator_task(
    config: TrainMotionConfig,
    material: Material,
    tokenizer: Tokenizer,
    references: References | None,
    genres: tuple[str, ...],
    own: InfiniteDanceTrainingOptions,
    window: Span = WINDOW,
) -> Task:
    """The task of the language model and of what lies between it and music and tokens.

    Args:
        config, material: of the run.
        tokenizer: trained, in evaluation mode; it stays as it is.
        references: None trains without any.
        genres: names of the styles.
        own: its options; for `bridge_steps` updates the language model itself stays as it is.
        window: what is seen at once.

    Raises:
        MissingAsset, UnsuitableInput: the folder is no whole LLaMA, a bank has too few dances, or
            no dance is as long as a window.
    """
    stride = Span(max(1, config.stride // Span(1).frames))
    windows = DanceWindows(
        material.train, genres, window, stride, config.mirror, config.balance, own.in_step
    )
    if config.swap_timbre and windows.schema != FEATURE_SCHEMA:
        raise BadUsage("--swap-timbre: knows the columns of librosa35 alone",
                       "leave it or --music-features out")  # fmt: skip
    augment = Augmentation(mirror=False, nameless=_NAMELESS, swap_timbre=config.swap_timbre)
    torch.manual_seed(config.seed)
    model = _model(config.preset, tokenizer, references, genres, windows, own)
    latest = Checkpoints(material.folder, keep=1).latest()
    if latest is not None:
        _taken_up(model, latest, material)
    elif config.init:
        _begun(model, config.init_folder(), genres)
    model.to(material.device)
    unasked = list(only_asked(material.train))
    held = _held(material, genres, window, tokenizer, references)
    material.progress.say(f"{len(windows)} training windows of {len(windows.takes)} recordings")

    def draw(size: int, key: Key) -> Tensors:
        batch = windows.draw(size, key)
        changes = augment.drawn(np.random.default_rng([*key, 1]), size)
        batch = replace(batch, genre=changes.hide_genres(batch.genre))
        ready = _ready(batch, windows.takes, tokenizer, references)
        changes.swap_timbre(batch.music)  # after its references were found by the song itself
        return {
            **ready,
            "bridges_only": torch.full((size,), key[1] < own.bridge_steps),
        }

    def loss(
        called: Any, batch: Tensors, generator: torch.Generator
    ) -> tuple[Tensor, dict[str, float]]:
        model.backbone.requires_grad_(not bool(batch["bridges_only"][0]))
        return _loss(called, batch)

    def held_out(called: Any, step: int, log: TrainingLog | None) -> dict[str, float]:
        assert held is not None
        _, figures = _loss(called, {n: v.to(material.device) for n, v in held.items()})
        return {"loss": figures["tokens"], **figures}

    def save(folder: Path, learned: Tensors, facts: dict[str, Any]) -> None:
        weights = {n: learned.get(n, value) for n, value in model.state_dict().items()}
        known = {"genres": list(genres), "schema": windows.schema, "window": window.frames,
                 "only_asked": unasked,
                 "tokenizer": "" if references is None else references.bank.tokenizer}  # fmt: skip
        save_part(folder, "generator", model.config.to_json(), weights, {**facts, **known})
        save_whole(folder, tokenizer, references, known)

    return Task(
        network=model,
        draw=draw,
        loss=loss,
        optimizer=adamw_of_matrices(config.lr, config.weight_decay),
        save=save,
        words=WORDS,
        held_out=None if held is None else held_out,
        settings={"weight_decay": config.weight_decay, "bridge_steps": own.bridge_steps},
        noise_device=material.device,
    )


def _model(
    preset: str,
    tokenizer: Tokenizer,
    references: References | None,
    genres: tuple[str, ...],
    windows: DanceWindows,
    own: InfiniteDanceTrainingOptions,
) -> ChoreoLlama:
    quantiser, sizes = tokenizer.config.quantiser, PRESETS[preset]
    cadence = replace(
        sizes.cadence, music=windows.width, music_hz=windows.hz, styles=max(1, len(genres)),
        reference=0 if references is None else columns.WIDTH,
        edges=(own.band_edge,), fusion=own.fusion, experts=own.cadence_experts,
    )  # fmt: skip
    shape = replace(
        sizes, cadence=cadence, codes=quantiser.codes, code_width=quantiser.width,
        inputs=own.token_inputs,
    )  # fmt: skip
    books = [layer.get_buffer("codes_KC") for layer in tokenizer.quantiser.layers]
    backbone = Path(own.llama) if own.llama else None
    model = ChoreoLlama(shape, torch.stack(books), backbone)
    music = windows.gather(windows.spread(512)).heard
    flat = torch.from_numpy(music).flatten(0, 1).double()
    std = flat.std(0)
    model.music_mean_F.copy_(flat.mean(0))
    model.music_std_F.copy_(torch.where(std < 1e-4, 1.0, std))
    model.reference_mean_C.copy_(tokenizer.mean_D)
    model.reference_std_C.copy_(tokenizer.std_D)
    return model


def _taken_up(model: ChoreoLlama, checkpoint: Path, material: Material) -> None:
    stored = load_part(checkpoint, "generator")
    if ChoreoConfig.from_json(stored.config) != model.config:
        raise UnsuitableInput(
            f"{material.folder}: holds a generator of other sizes or options",
            "give those that it began with, or another --run",
        )
    stored.into(model, "generator")


def _begun(model: ChoreoLlama, folder: Path | None, genres: tuple[str, ...]) -> None:
    """With the weights of a trained one; what belongs to the tokenizer stays this run's."""
    own = {name: model.get_buffer(name).clone()
           for name in ("codes_QKC", "reference_mean_C", "reference_std_C")}  # fmt: skip
    stored = begin_from(folder, "generator", model, ChoreoConfig.from_json)
    if list(stored.metadata["genres"]) != list(genres):
        raise BadUsage(
            f"--init: that generator knows the styles {', '.join(stored.metadata['genres'])}; the "
            f"data have {', '.join(genres) or 'none'}", "leave --init out, or use such data",
        )  # fmt: skip
    for name, value in own.items():
        model.get_buffer(name).copy_(value)


def _ready(
    batch: DanceBatch, takes: list[str], tokenizer: Tokenizer, references: References | None
) -> Tensors:
    ready = {
        "music": torch.from_numpy(batch.heard), "style": torch.from_numpy(batch.genre),
        "tokens": tokens_of(tokenizer, batch.motion),
    }  # fmt: skip
    if references is not None:
        ready["reference"] = torch.from_numpy(references.for_batch(batch, takes))
    return ready


def _loss(model: ChoreoLlama, batch: Tensors) -> tuple[Tensor, dict[str, float]]:
    states = model.hear(batch["music"], batch["style"], batch.get("reference"))
    return model.loss(states, batch["style"], batch["tokens"])


def _held(
    material: Material,
    genres: tuple[str, ...],
    window: Span,
    tokenizer: Tokenizer,
    references: References | None,
) -> Tensors | None:
    """Windows of the dances that are held out, ready; None where none is long enough."""
    usable = [s for s in material.held if s.motion.frames >= window.frames]
    if not usable:
        return None
    windows = DanceWindows(usable, genres, window, window)
    rows = windows.spread(_HELD_WINDOWS)
    return _ready(windows.gather(np.asarray(rows)), windows.takes, tokenizer, references)
