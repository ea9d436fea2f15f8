"""The weight files that MEGADance's authors released, by the names of our networks.

Read as tensors only. What is of the gated body model in them is dropped before anything else is
looked at. docs/reference/megadance.md#released-files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pipelines.body.rotations import (
    axis_angle_to_matrix,
    euler_as_vectors,
    matrix_from_6d,
    matrix_to_axis_angle,
)
from pipelines.body.skeleton import TO_Z_UP
from pipelines.metrics.genre.columns import windows_of
from pipelines.motion import layout as layout_of_motion
from pipelines.motion.motion import Motion
from pipelines.motion_expert.mace.presets import FINEDANCE_GENRES
from pipelines.motion_expert.megadance.generator.network import Generator
from pipelines.motion_expert.megadance.header import Rotations
from pipelines.motion_expert.megadance.presets import LEVELS, GeneratorConfig, TokenizerConfig
from pipelines.motion_expert.megadance.tokenizer.network import Tokenizer
from pipelines.music import layout
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import UnsuitableInput

State = dict[str, Tensor]

_WITHHELD = re.compile(r"(^|\.)smpl\.")
"""Arrays of a body model that may not be passed on."""
_HALVES = {"UP": "up", "DOWN": "down"}
_DEPTH, _BLOCKS = 3, 2
_COLUMNS = (
    (layout.envelope, slice(32, 33)), (layout.mfcc, slice(0, 20)), (layout.chroma, slice(20, 32)),
    (layout.peaks, slice(34, 35)), (layout.beats, slice(33, 34)),
)  # fmt: skip


def read_released(path: Path) -> State:
    """The tensors of a released file, without those of the body model.

    Raises UnsuitableInput where the file cannot be read as tensors, or holds none.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        # torch's reader runs nothing, but trips over what is no file of its own in many ways.
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:120]
        raise UnsuitableInput(f"{path}: not readable as tensors ({reason})") from None
    state = content.get("model", content) if isinstance(content, Mapping) else None
    if not isinstance(state, Mapping) or not all(isinstance(v, Tensor) for v in state.values()):
        raise UnsuitableInput(f"{path}: holds no tensors by name")
    return {str(n): v.float() for n, v in state.items() if not _WITHHELD.search(str(n))}


def released_tokenizer(state: Mapping[str, Tensor], mean: Mapping[str, Any],
                       std: Mapping[str, Any]) -> Tokenizer:  # fmt: skip
    """The tokenizer of a released FSQ file, or of a GPT file, which holds one as well.

    Args:
        state: as `read_released` gives it. mean, std: contents of mean.pt and std.pt.

    Raises UnsuitableInput where a tensor is missing or of another size; it is named.
    """
    theirs = below(state, "fsq.") or dict(state)
    ours: State = {}
    for half, own in _HALVES.items():
        for name, place in _tokenizer_names(half, own).items():
            for part in ("weight", "bias"):
                ours[f"{place}.{part}"] = taken(theirs, f"{name}.{part}")
    for kind, values in (("mean", mean), ("std", std)):
        turn, step = (number(values, f"smpl_{n}_{kind}") for n in ("poses", "root_vel"))
        ours[f"scaling.up_{kind}"] = torch.full((90,), turn)
        ours[f"scaling.down_{kind}"] = torch.cat([torch.full((3,), step), torch.full((54,), turn)])
    tokenizer = Tokenizer(TokenizerConfig())
    filled(tokenizer, ours)
    return tokenizer.eval()


def released_generator(state: Mapping[str, Tensor], layers: int = 8) -> Generator:
    """The generator of a released GPT file: the genre's expert after the universal, music late.

    Raises UnsuitableInput where a tensor is missing or of another size; it is named.
    """
    theirs = below(state, "gpt.dance_decoder.") or below(state, "dance_decoder.")
    config = GeneratorConfig(
        layers=layers, dropout=0.4, genres=FINEDANCE_GENRES, layout="sequential", late_music=True
    )
    ours: State = {}
    for half in ("up", "down"):
        rows = [taken(theirs, f"pose_{half}_emb.{n}.weight") for n in range(len(LEVELS))]
        ours[f"embed.{half}.weight"] = torch.cat(rows)
    for number in (0, 1):
        for part in ("weight", "bias"):
            ours[f"music.{number}.{part}"] = taken(theirs, f"music_MLP.{number}.{part}")
            ours[f"head.{number}.{part}"] = taken(theirs, f"MLP_Output.{number}.{part}")
    ours["music.0.weight"] = as_our_columns(ours["music.0.weight"])
    for layer in range(config.layers):
        here, there = f"layers.{layer}.", f"decoder_layers.{layer}."
        ours |= _mambas(theirs, there + "global_mamba.", here + "universal.")
        ours |= _attention(theirs, there + "global_swab.", here + "universal.")
        for genre in range(len(FINEDANCE_GENRES)):
            place = f"{here}special.of.{genre}."
            ours |= _attention(theirs, f"{there}genre_swab.{genre}.", place)
            # The published experts of genres have no Mamba, so that nothing is normalised there.
            ours[f"{place}mamba_norm.weight"] = torch.ones(3, config.width)
            ours[f"{place}mamba_norm.bias"] = torch.zeros(3, config.width)
    generator = Generator(config)
    filled(generator, ours)
    return generator.eval()


def seen_as_released(motion: Motion) -> Tensor:
    """(T, 151) a motion as the released tokenizer wants it: y up, turns read as Euler angles."""
    (frames,) = windows_of(motion, motion.frames, "released")
    contacts = np.zeros((len(frames), layout_of_motion.root.start), np.float32)
    return torch.from_numpy(np.concatenate([contacts, frames], axis=1))


def motion_of_released(
    place_T3: Tensor, sixes: Tensor, rotations: Rotations = "euler", genre: str | None = None
) -> Motion:
    """What the released tokenizer decodes, z up, as a motion at 30 fps.

    Args:
        place_T3: of the root, y up. sixes: (T, 144).
        rotations: "euler" takes the mistake back that the weights were trained with; "as released"
            leaves it in, as their own code does.
        genre: that of the dance.
    """
    matrices = matrix_from_6d(sixes.double().numpy().reshape(-1, 24, 6))
    if rotations == "euler":
        matrices = axis_angle_to_matrix(euler_as_vectors(matrices))
    matrices[:, 0] = TO_Z_UP @ matrices[:, 0]
    poses = matrix_to_axis_angle(matrices).astype(np.float32)
    place = (place_T3.double().numpy() @ TO_Z_UP.T).astype(np.float32)
    return Motion(poses, place, MOTION_FPS, genre=genre, source="megadance")


def as_our_columns(values: Tensor) -> Tensor:
    """(..., 35) music columns in MEGADance's order brought into ours."""
    ordered = torch.empty_like(values)
    for own, their in _COLUMNS:
        ordered[..., own] = values[..., their]
    return ordered


def _tokenizer_names(half: str, own: str) -> dict[str, str]:
    into = f"Pose_{half}_Encoder.encoders.0.level_blocks.0.model"
    out = f"Pose_{half}_Decoder.decoders.0"
    names = {
        f"{into}.{_DEPTH}": f"{own}.encoder.out",
        f"{out}.level_blocks.0.model.0": f"{own}.decoder.enter",
        f"{out}.out": f"{own}.decoder.out",
    }
    for end in ("in", "out"):
        names[f"Pose_{half}_Quantizer.bottleneck.project_{end}"] = f"{own}.project_{end}"
    for n in range(_DEPTH):
        up = f"{out}.level_blocks.0.model.{n + 1}"
        names[f"{into}.{n}.0"] = f"{own}.encoder.downs.{n}.narrow"
        names[f"{up}.1"] = f"{own}.decoder.ups.{n}.widen"
        for block in range(_BLOCKS):
            for number, conv in ((1, "wide"), (3, "point")):
                inside = f"model.{block}.model.{number}"
                names[f"{into}.{n}.1.{inside}"] = f"{own}.encoder.downs.{n}.blocks.{block}.{conv}"
                names[f"{up}.0.{inside}"] = f"{own}.decoder.ups.{n}.blocks.{block}.{conv}"
    return names


def _mambas(theirs: Mapping[str, Tensor], there: str, here: str) -> State:
    found: State = {}
    for number in range(3):
        name = f"{there}mamba{number + 1}."
        inside = below(theirs, name)
        if not inside:
            raise UnsuitableInput(f"the released file lacks {name}*")
        found |= {f"{here}mambas.{number}.{part}": value for part, value in inside.items()}
    for part in ("weight", "bias"):
        rows = [taken(theirs, f"{there}norm{n}.{part}") for n in (1, 2, 3)]
        found[f"{here}mamba_norm.{part}"] = torch.stack(rows)
    return found


def _attention(theirs: Mapping[str, Tensor], there: str, here: str) -> State:
    found: State = {}
    for part in ("weight", "bias"):
        for norm, own in (("ln1", "attention_norm"), ("ln2", "mlp_norm")):
            rows = [taken(theirs, f"{there}{norm}.ln{n}.{part}") for n in (1, 2, 3)]
            found[f"{here}{own}.{part}"] = torch.stack(rows)
        joined = [taken(theirs, f"{there}attn.{n}.{part}") for n in ("query", "key", "value")]
        found[f"{here}qkv.{part}"] = torch.cat(joined)
        for name, own in (("attn.proj", "out"), ("mlp.0", "wide"), ("mlp.2", "narrow")):
            found[f"{here}{own}.{part}"] = taken(theirs, f"{there}{name}.{part}")
    return found


def below(state: Mapping[str, Tensor], prefix: str) -> State:
    """What is named with a prefix, without it."""
    return {n.removeprefix(prefix): v for n, v in state.items() if n.startswith(prefix)}


def taken(theirs: Mapping[str, Tensor], name: str) -> Tensor:
    """A tensor by its published name; raises UnsuitableInput where there is none."""
    if name not in theirs:
        raise UnsuitableInput(f"the released file lacks {name}")
    return theirs[name]


def number(values: Mapping[str, Any], name: str) -> float:
    """A mean or a deviation by its published name; raises UnsuitableInput where it is no number."""
    try:
        found = float(torch.as_tensor(values[name]).reshape(()))
    except (KeyError, RuntimeError, TypeError, ValueError):
        raise UnsuitableInput(f"{_file_of(name)} lacks the one number {name}") from None
    expect_scale(torch.tensor([found]), name)
    return found


def expect_scale(values: Tensor, name: str) -> None:
    """Raises UnsuitableInput for a mean that is not finite, or a deviation that is not above 0."""
    if not torch.isfinite(values).all() or (name.endswith("_std") and not (values > 0).all()):
        raise UnsuitableInput(f"{_file_of(name)}: {name} is not finite, or no deviation")


def _file_of(name: str) -> str:
    return "std.pt" if name.endswith("_std") else "mean.pt"


def filled(network: torch.nn.Module, ours: State) -> None:
    """Load all of a network's state; raises UnsuitableInput for what is missing or misshapen."""
    for name, value in network.state_dict().items():
        if name not in ours:
            raise UnsuitableInput(f"the released file gives nothing for {name}")
        if ours[name].shape != value.shape:
            raise UnsuitableInput(
                f"the released file is of another width: {name} is {tuple(ours[name].shape)}, "
                f"expected {tuple(value.shape)}"
            )
    network.load_state_dict(ours)
