"""Encoded clips that stay in the GPU's memory: the same batches as `train-appearance` reads.

Legend: N segments, C clips, R references per clip, B batch, L latent frames, h x w latents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from clips import ClipArrays
from torch import Tensor

from pipelines.appearance_expert.tiny_architecture import SEGMENT_FRAMES
from pipelines.appearance_expert.training.encoding import segment_starts
from pipelines.appearance_expert.training.latent_layout import conditioning
from pipelines.appearance_expert.training.network import Batch
from pipelines.appearance_expert.vae_training import encode_whole

RELAYS = (1, 5)
FALSE_COLOURS = ((1, 2, 0), (2, 0, 1))
"""Orders of red, green and blue that make a clip look like another one."""


@dataclass
class Frozen:
    """What encodes: VAE, vision tower with its processor, motion encoder, the prompt (512, 32)."""

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
    def latents(self, frames_NTHW3: Tensor, at_once: int = 16) -> Tensor:
        """(N, 16, L, h, w) bfloat16, normalised, of uint8 clips on any device."""
        config, parts = self.vae.config, []
        mean, deviation = (
            torch.tensor(values, device=self.device).view(1, -1, 1, 1, 1)
            for values in (config.latents_mean, config.latents_std)
        )
        for part in frames_NTHW3.split(at_once):
            with torch.autocast(self.device.type, torch.bfloat16, self.device.type == "cuda"):
                moments = encode_whole(self.vae, pixels(part, self.device))
            latents = (moments.float().chunk(2, dim=1)[0] - mean) / deviation
            parts.append(latents.bfloat16())
        return torch.cat(parts)

    @torch.no_grad()
    def given(self, frames_NTHW3: Tensor, given: int, at_once: int = 16) -> Tensor:
        """Latents of the first `given` frames followed by grey ones, as `latents`."""
        config, parts = self.vae.config, []
        mean, deviation = (
            torch.tensor(values, device=self.device).view(1, -1, 1, 1, 1)
            for values in (config.latents_mean, config.latents_std)
        )
        for part in frames_NTHW3.split(at_once):
            clip = pixels(part, self.device)
            clip[:, :, given:] = 0
            with torch.autocast(self.device.type, torch.bfloat16, self.device.type == "cuda"):
                moments = encode_whole(self.vae, clip)
            parts.append(((moments.float().chunk(2, 1)[0] - mean) / deviation).bfloat16())
        return torch.cat(parts)

    @torch.no_grad()
    def images(self, pictures: Sequence[np.ndarray]) -> Tensor:
        """(N, tokens, width) of the vision tower, its last layer but one."""
        from PIL import Image

        inputs = self.processor(images=[Image.fromarray(p) for p in pictures], return_tensors="pt")
        shown = self.tower(inputs["pixel_values"].to(self.device), output_hidden_states=True)
        return shown.hidden_states[-2].bfloat16()

    @torch.no_grad()
    def expressions(self, faces_NTSS3: Tensor) -> Tensor:
        """(N, T, D) expression vectors."""
        count, frames = faces_NTSS3.shape[:2]
        flat = pixels(faces_NTSS3, self.device).transpose(1, 2).flatten(0, 1)
        return self.motion_encoder(flat).view(count, frames, -1).bfloat16()


def pixels(frames_NTHW3: Tensor, device: torch.device) -> Tensor:
    """(N, 3, T, H, W) float32 in [-1, 1] on the device, of uint8 frames."""
    moved = frames_NTHW3.to(device, non_blocking=True).movedim(-1, 1)
    return moved.float() / 127.5 - 1


class ResidentClips:
    """Segments to draw from, all of them in memory.

    Args:
        frozen: encodes them.
        clips: at least one; a segment's pictures come in threes (video, pose, face).
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
        self.truth: list[np.ndarray] = []
        looks = [(0, 1, 2), *(FALSE_COLOURS if false_colours else ())]
        parts: dict[str, list[Tensor]] = {n: [] for n in ("video", "pose", "motion", "g1", "g5")}
        shown: list[np.ndarray] = []
        owner, pose_of, given_of = [], [], []
        random = np.random.default_rng(0)
        for clip in clips:
            starts = segment_starts(len(clip.video), SEGMENT_FRAMES)[:segments]
            if not starts:
                continue
            cut = [slice(start, start + SEGMENT_FRAMES) for start in starts]
            video = torch.from_numpy(np.stack([clip.video[c] for c in cut])).to(frozen.device)
            face = torch.from_numpy(np.stack([clip.face[c] for c in cut])).to(frozen.device)
            poses = torch.from_numpy(np.stack([clip.pose[c] for c in cut])).to(frozen.device)
            self.truth += [clip.video[c] for c in cut]
            first = len(pose_of) and max(pose_of) + 1
            parts["pose"].append(frozen.latents(poses))
            for name, given in zip(("g1", "g5"), RELAYS, strict=True):
                parts[name].append(frozen.given(video, given))
            at = [starts[0], *random.integers(len(clip.video), size=references - 1)]
            for look in looks:
                order = list(look)
                parts["video"].append(frozen.latents(video[..., order]))
                parts["motion"].append(frozen.expressions(face[..., order]))
                own_colours = look == (0, 1, 2)
                pose_of += [first + n for n in range(len(cut))]
                given_of += [first + n if own_colours else -1 for n in range(len(cut))]
                owner += [len(shown) // references] * len(cut)
                shown += [np.ascontiguousarray(clip.video[n][..., order]) for n in at]
        if not owner:
            raise ValueError("no clip is as long as a segment")
        self._tensors = {name: torch.cat(tensors) for name, tensors in parts.items()}
        device = frozen.device
        self._references = torch.cat(
            [
                frozen.latents(torch.from_numpy(np.stack(shown[n : n + 256]))[:, None], at_once=64)
                for n in range(0, len(shown), 256)
            ]
        ).unflatten(0, (-1, references))
        self._images = torch.cat(
            [frozen.images(shown[n : n + 256]) for n in range(0, len(shown), 256)]
        ).unflatten(0, (-1, references))
        self._owner, self._pose_of, self._given_of = (
            np.array(values) for values in (owner, pose_of, given_of)
        )
        grey = torch.zeros(1, SEGMENT_FRAMES, *clips[0].video.shape[1:3], 3, dtype=torch.uint8)
        self._grey = frozen.given(grey.to(device), 0)
        blank = torch.zeros_like(self._grey[0])
        self._masks = torch.stack(
            [
                conditioning(
                    blank[:, :1].float().cpu(), blank.float().cpu(), SEGMENT_FRAMES, given
                )[:4]
                for given in (0, *RELAYS)
            ]
        ).to(device, torch.bfloat16)
        self._text = frozen.text.bfloat16()

    def __len__(self) -> int:
        return len(self._owner)

    def draw(self, size: int, key: tuple[int, ...]) -> Batch:
        """`size` segments, each with a random reference, and given frames or none."""
        random = np.random.default_rng(key)
        chosen = random.integers(len(self), size=size)
        reference = random.integers(self._references.shape[1], size=size)
        given = random.choice(RELAYS, size) * (random.random(size) < self._relay_share)
        return self.batch(chosen, reference, given)

    def batch(self, chosen: np.ndarray, reference: np.ndarray, given: np.ndarray) -> Batch:
        """These segments with these of their references and so many given frames each (B,)."""
        given = np.where(self._given_of[chosen] < 0, 0, given)
        t = self._tensors
        owner, which = torch.as_tensor(self._owner[chosen]), torch.as_tensor(reference)
        picture = self._references[owner, which]
        known = self._grey.repeat(len(chosen), 1, 1, 1, 1)
        for name, number in zip(("g1", "g5"), RELAYS, strict=True):
            where = np.flatnonzero(given == number)
            if len(where):
                known[torch.as_tensor(where)] = t[name][self._given_of[chosen[where]]]
        masks = self._masks[torch.as_tensor(np.searchsorted((0, *RELAYS), given))]
        return {
            "clean": torch.cat([picture, t["video"][torch.as_tensor(chosen)]], dim=2),
            "y": torch.cat([masks, torch.cat([picture, known], dim=2)], dim=1),
            "pose": t["pose"][torch.as_tensor(self._pose_of[chosen])],
            "motion": t["motion"][torch.as_tensor(chosen)],
            "image": self._images[owner, which],
            "text": self._text.expand(len(chosen), -1, -1),
        }
