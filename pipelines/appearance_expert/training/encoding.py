"""Clips encoded once into files that training reads: neither VAE, CLIP nor T5 is needed then.

    <cache>/<recipe>/<clip>.safetensors    for each segment of a clip: its video, skeletons, given
                                           frames and expressions; the clip's references
                     grey.safetensors      the given frames of a segment that has none
    <cache>/text/<prompt>.safetensors      embedded prompts

A file is named by the content of the clip's own files and of everything that encodes it, so what
has changed is encoded anew, and what has not is found again.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipelines.appearance_expert.training.clips import TrainingClip, count_frames
from pipelines.appearance_expert.training.encoders import Encoders
from pipelines.appearance_expert.training.frames import (
    FaceCrops,
    Window,
    draw_skeleton,
    find_dancer,
    source_frames,
    window_for,
)
from pipelines.appearance_expert.training.latent_layout import latent_frames
from pipelines.appearance_expert.training.recipe import Recipe
from pipelines.media.image import load_picture
from pipelines.media.indexed_video import frames_at
from pipelines.media.video import VideoInfo, probe_video
from pipelines.support.errors import UnsuitableInput
from pipelines.support.files import atomic_path
from pipelines.workspace.identity import content_id

Frames = NDArray[np.uint8]

GREY = "grey.safetensors"

_WAN_VAE = {"z_dim": 16, "scale_factor_spatial": 8}


@dataclass(frozen=True)
class _Segment:
    """Pictures (T, H, W, 3) of one segment; faces (T, S, S, 3)."""

    video: Frames
    pose: Frames
    face: Frames


def encoded_file(folder: Path, clip: TrainingClip) -> Path:
    """Where a clip's latents lie, or are to lie, in a recipe's folder."""
    return folder / f"{content_id(clip.digest)}.safetensors"


def is_whole(file: Path) -> bool:
    """Whether a file of latents is there and not cut short."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, "pt") as tensors:
            return bool(tensors.keys())
    except (SafetensorError, OSError):
        return False


def encoded_bytes(recipe: Recipe, vae: dict[str, Any] | None = None) -> int:
    """Of one segment's latents on the disk, about; references come on top.

    Args:
        recipe: how clips are encoded.
        vae: its config.json; the Wan VAE's if None.
    """
    channels, stride = (int((vae or {}).get(k, v)) for k, v in _WAN_VAE.items())
    places = latent_frames(recipe.frames) * recipe.width * recipe.height // stride**2
    return 2 * (2 + len(recipe.relay)) * channels * places


def segment_starts(frames: int, length: int) -> list[int]:
    """First frames of as many segments as fit into a clip, spread over it; none overlaps."""
    count = frames // length
    if count < 2:
        return [(frames - length) // 2] * count
    return [round(k * (frames - length) / (count - 1)) for k in range(count)]


def encode_clip(clip: TrainingClip, recipe: Recipe, encoders: Encoders, folder: Path) -> int:
    """Write the latents of one clip; returns its number of segments.

    Raises:
        UnsuitableInput: the clip is shorter than a segment, or cannot be read.
    """
    from safetensors.torch import save_file

    total = count_frames(clip.video, recipe.fps)
    starts = segment_starts(total, recipe.frames)
    if not starts:
        raise UnsuitableInput(
            f"{total} frames at {recipe.fps:g} a second, a segment takes {recipe.frames}"
        )
    reader = _Reader(clip, recipe, total, encoders.face_size)
    tensors: dict[str, Tensor] = {}
    for number, segment in enumerate(reader.segments(starts)):
        tensors[f"{number}.video"] = encoders.video(segment.video)
        tensors[f"{number}.pose"] = encoders.video(segment.pose)
        tensors[f"{number}.motion"] = encoders.expressions(segment.face)
        for given in recipe.relay:
            latents = encoders.given(segment.video[:given], recipe.frames)
            tensors[f"{number}.given{given}"] = latents
    tensors["references"] = torch.stack([encoders.video(p[None]) for p in reader.references()])
    tensors["images"] = torch.stack([encoders.picture(p) for p in reader.references()])
    about = {"about": json.dumps({"clip": clip.name, "segments": len(starts)})}
    with atomic_path(encoded_file(folder, clip)) as temporary:
        save_file({k: v.bfloat16().contiguous() for k, v in tensors.items()}, temporary, about)
    return len(starts)


def encode_grey(recipe: Recipe, encoders: Encoders, folder: Path) -> None:
    """Write what stands for given frames in the first segment of a video, unless it is there."""
    from safetensors.torch import save_file

    if is_whole(folder / GREY):
        return
    none = np.zeros((0, recipe.height, recipe.width, 3), np.uint8)
    with atomic_path(folder / GREY) as temporary:
        save_file({"grey": encoders.given(none, recipe.frames).bfloat16().contiguous()}, temporary)


class _Reader:
    """The pictures of one clip, decoded once from its beginning to its end."""

    def __init__(self, clip: TrainingClip, recipe: Recipe, total: int, face_size: int) -> None:
        self._clip, self._recipe, self._face_size = clip, recipe, face_size
        self._infos: dict[Path, VideoInfo] = {}
        self._dancer = find_dancer(clip) if clip.pose is None else None
        self._window = self._window_of(clip.video)
        chosen = random.Random(clip.digest)
        others = min(recipe.references, total) - 1
        at = [0, *chosen.sample(range(1, total), others)]
        self._references = [int(self._numbers(clip.video, one, 1)[0]) for one in at]
        self._kept: dict[int, Frames] = {}

    def segments(self, starts: list[int]) -> Iterator[_Segment]:
        """The segments that begin at these frames of the model's rate."""
        if self._dancer is None:
            yield from map(self._prepared_segment, starts)
            return
        clip, crops = self._clip, FaceCrops(self._dancer, self._face_size)
        length = self._recipe.frames
        pending = [[int(n) for n in self._numbers(clip.video, s, length)] for s in starts]
        needed = {n for numbers in pending for n in numbers} | set(self._references)
        made: dict[int, tuple[Frames, Frames, Frames]] = {}
        for number, frame in frames_at(clip.video, needed):
            cut = self._window.cut(frame)
            if number in self._references:
                self._kept[number] = cut
            pose = draw_skeleton(self._dancer, number, self._window)
            made[number] = cut, pose, crops.of(frame, number)
            while pending and number == pending[0][-1]:
                numbers = pending.pop(0)
                yield _Segment(*(np.stack([made[n][part] for n in numbers]) for part in range(3)))
                made = {n: made[n] for n in made if pending and n >= pending[0][0]}

    def references(self) -> list[Frames]:
        """The picture that the data name, else the first frame and random other ones of the clip.

        After `segments` has gone through.
        """
        if self._clip.reference is not None:
            image = load_picture(self._clip.reference)[..., :3]
            height, width = image.shape[:2]
            centre = np.array([width, height]) / 2
            return [window_for(width, height, self._size(), centre).cut(image)]
        if not set(self._references) <= set(self._kept):
            for number, frame in frames_at(self._clip.video, set(self._references)):
                self._kept[number] = self._window.cut(frame)
        return [self._kept[number] for number in self._references]

    def _prepared_segment(self, start: int) -> _Segment:
        """A segment whose skeletons and faces come as videos of their own."""
        clip = self._clip
        assert clip.pose is not None and clip.face is not None
        face = self._info(clip.face)
        # The whole picture, squeezed into a square as Wan's own preparation does.
        square = Window(0, 0, face.width, face.height, self._face_size, self._face_size)
        windows = self._window, self._window_of(clip.pose), square
        parts = []
        for video, window in zip((clip.video, clip.pose, clip.face), windows, strict=True):
            numbers = [int(n) for n in self._numbers(video, start, self._recipe.frames)]
            kept = {n: window.cut(frame) for n, frame in frames_at(video, set(numbers))}
            parts.append(np.stack([kept[n] for n in numbers]))
        return _Segment(*parts)

    def _numbers(self, video: Path, start: int, count: int) -> NDArray[np.int64]:
        info = self._info(video)
        return source_frames(count, start, self._recipe.fps, float(info.fps), info.frames)

    def _info(self, video: Path) -> VideoInfo:
        if video not in self._infos:
            self._infos[video] = probe_video(video)
        return self._infos[video]

    def _size(self) -> tuple[int, int]:
        return self._recipe.width, self._recipe.height

    def _window_of(self, video: Path) -> Window:
        info = self._info(video)
        middle = np.array([info.width, info.height]) / 2
        centre = middle if self._dancer is None else self._dancer.centre()
        return window_for(info.width, info.height, self._size(), centre)
