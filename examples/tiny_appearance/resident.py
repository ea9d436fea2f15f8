"""Encoded clips that stay in the GPU's memory: the same batches as `train-appearance` reads.

Legend: N segments, B batch, T frames, L latent frames, H x W pixels, h x w latents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from clips import ClipArrays
from torch import Tensor
from vae_training import averages

from pipelines.appearance_expert.tiny.architecture import FACE_SIZE, SEGMENT_FRAMES
from pipelines.appearance_expert.training.encoding import segment_starts
from pipelines.appearance_expert.training.latent_layout import conditioning
from pipelines.appearance_expert.training.network import Batch

RELAYS = (1, 5)
FALSE_COLOURS = ((1, 2, 0), (2, 0, 1))
"""Orders of red, green and blue that make a clip look like another one."""


@dataclass
class Frozen:
    """What encodes: VAE, vision tower with its processor, motion encoder, the prompt (8, 32)."""

    vae: Any
    tower: Any
    processor: Any
    motion_encoder: Any
    text: Tensor

    @property
    def device(self) -> torch.device:
        """Where all of it is."""
        return self.text.device

    @torch.no_grad()
    def latents(self, frames_NTHW3: Tensor, given: int | None = None, at_once: int = 64) -> Tensor:
        """(N, 8, L, h, w) bfloat16, normalised, of uint8 clips on any device.

        With `given`, all frames after so many are grey.
        """
        config, parts = self.vae.config, []
        mean, deviation = (
            torch.tensor(values, device=self.device).view(1, -1, 1, 1, 1)
            for values in (config.latents_mean, config.latents_std)
        )
        for part in frames_NTHW3.split(at_once):
            clip = pixels(part, self.device)
            if given is not None:
                clip[:, :, given:] = 0
            parts.append(((averages(clip) - mean) / deviation).bfloat16())
        return torch.cat(parts)

    @torch.no_grad()
    def images(self, pictures: Sequence[np.ndarray]) -> Tensor:
        """(N, tokens, width) of the vision tower, its last layer but one."""
        from PIL import Image

        inputs = self.processor(images=[Image.fromarray(p) for p in pictures], return_tensors="pt")
        shown = self.tower(inputs["pixel_values"].to(self.device), output_hidden_states=True)
        return shown.hidden_states[-2].bfloat16()

    @torch.no_grad()
    def no_expression(self) -> Tensor:
        """(D,) expression vector of a black face: dancers of this size have no other."""
        black = torch.full((1, 3, FACE_SIZE, FACE_SIZE), -1.0, device=self.device)
        vector: Tensor = self.motion_encoder(black)[0]
        return vector.bfloat16()


def pixels(frames_NTHW3: Tensor, device: torch.device) -> Tensor:
    """(N, 3, T, H, W) float32 in [-1, 1] on the device, of uint8 frames."""
    moved = frames_NTHW3.to(device, non_blocking=True).movedim(-1, 1)
    return moved.float() / 127.5 - 1


class ResidentClips:
    """Segments to draw from, all of them in memory.

    Args:
        frozen: encodes them.
        clips: at least one.
        references: pictures per clip of which one is the reference in a step; the first is frame 0.
        segments: per clip, at most.
        false_colours: whether each clip also appears with its colour channels exchanged.
        relay_share: how often frames are given.
    """

    def __init__(
        self,
        frozen: Frozen,
        clips: Sequence[ClipArrays],
        references: int = 3,
        segments: int = 3,
        false_colours: bool = False,
        relay_share: float = 0.5,
    ) -> None:
        self._relay_share = relay_share
        device = frozen.device
        looks = [[0, 1, 2], *(map(list, FALSE_COLOURS) if false_colours else ())]
        cuts, shown = _cut(clips, references, segments, looks)
        self.truth = [clip.video[cut] for clip, cut, _ in cuts]
        video, pose = (
            torch.from_numpy(np.stack([getattr(clip, part)[cut] for clip, cut, _ in cuts]))
            for part in ("video", "pose")
        )
        video = video.to(device)
        self._tensors = {
            "video": torch.cat([frozen.latents(video[..., look]) for look in looks]),
            "pose": frozen.latents(pose.to(device)),
            **{f"given{number}": frozen.latents(video, number) for number in RELAYS},
        }
        # Segment n of the first look is segment n + N of the second, n + 2 N of the third.
        owner = np.array([number for _, _, number in cuts])
        self._owner = np.concatenate([owner * len(looks) + n for n in range(len(looks))])
        self._pictures = torch.cat(
            [
                frozen.latents(torch.from_numpy(np.stack(shown[n : n + 256]))[:, None], at_once=64)
                for n in range(0, len(shown), 256)
            ]
        ).unflatten(0, (-1, references))
        self._images = torch.cat(
            [frozen.images(shown[n : n + 256]) for n in range(0, len(shown), 256)]
        ).unflatten(0, (-1, references))
        self._grey = frozen.latents(torch.zeros_like(video[:1]), given=0)
        blank = torch.zeros(self._grey.shape[1:])
        self._masks = torch.stack(
            [conditioning(blank[:, :1], blank, SEGMENT_FRAMES, given)[:4] for given in (0, *RELAYS)]
        ).to(device, torch.bfloat16)
        self._motion = frozen.no_expression().repeat(1, SEGMENT_FRAMES, 1)
        self._text = frozen.text.bfloat16()

    def __len__(self) -> int:
        return len(self._owner)

    def draw(self, size: int, key: tuple[int, ...]) -> Batch:
        """`size` segments, each with a random reference, and given frames or none."""
        random = np.random.default_rng(key)
        chosen = random.integers(len(self), size=size)
        reference = random.integers(self._pictures.shape[1], size=size)
        given = random.choice(RELAYS, size) * (random.random(size) < self._relay_share)
        return self.batch(chosen, reference, given)

    def batch(self, chosen: np.ndarray, reference: np.ndarray, given: np.ndarray) -> Batch:
        """These segments with these of their references and so many given frames each (B,)."""
        pose = self._tensors["pose"]
        # In false colours no frames are given: their latents would have to be encoded, too.
        given = np.where(chosen < len(pose), given, 0)
        at = torch.as_tensor(chosen, device=pose.device)
        owner = torch.as_tensor(self._owner[chosen], device=pose.device)
        which = torch.as_tensor(reference, device=pose.device)
        picture, same = self._pictures[owner, which], at % len(pose)
        known = self._grey.repeat(len(chosen), 1, 1, 1, 1)
        for number in RELAYS:
            where = torch.as_tensor(np.flatnonzero(given == number), device=pose.device)
            known[where] = self._tensors[f"given{number}"][same[where]]
        kind = torch.as_tensor(np.searchsorted((0, *RELAYS), given), device=pose.device)
        filled = torch.cat([picture, known], dim=2)
        return {
            "clean": torch.cat([picture, self._tensors["video"][at]], dim=2),
            "y": torch.cat([self._masks[kind], filled], dim=1),
            "pose": pose[same],
            "motion": self._motion.expand(len(chosen), -1, -1),
            "image": self._images[owner, which],
            "text": self._text.expand(len(chosen), -1, -1),
        }


def _cut(
    clips: Sequence[ClipArrays], references: int, segments: int, looks: list[list[int]]
) -> tuple[list[tuple[ClipArrays, slice, int]], list[np.ndarray]]:
    """Segments with the number of their clip; and per clip, look by look, its references."""
    random = np.random.default_rng(0)
    cuts: list[tuple[ClipArrays, slice, int]] = []
    shown: list[np.ndarray] = []
    count = 0
    for clip in clips:
        starts = segment_starts(len(clip.video), SEGMENT_FRAMES)[:segments]
        if not starts:
            continue
        cuts += [(clip, slice(start, start + SEGMENT_FRAMES), count) for start in starts]
        at = [starts[0], *random.integers(len(clip.video), size=references - 1)]
        shown += [np.ascontiguousarray(clip.video[n][..., look]) for look in looks for n in at]
        count += 1
    if not cuts:
        raise ValueError("no clip is as long as a segment")
    return cuts, shown
