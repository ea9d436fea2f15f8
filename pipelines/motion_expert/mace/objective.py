"""What the Motion Expert is trained to do: guidance-free training and its physical losses.

MACE-Dance 3.2 and docs/reference/motion-expert.md#losses.
Shapes: B batch, T frames, K motion features, F music features.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor

from pipelines.body.kinematics import joint_positions
from pipelines.body.skeleton import FOOT_JOINTS
from pipelines.motion import layout
from pipelines.motion.representation import Normalizer
from pipelines.motion_expert.mace.diffusion import STEPS, add_noise, alphas_cumulative
from pipelines.motion_expert.mace.network import MotionExpert
from pipelines.motion_expert.mace.precondition import Precondition
from pipelines.support.conventions import MOTION_FPS
from pipelines.support.errors import BadUsage

OFFICIAL_CONTACT = 0.95
"""The published threshold on the predicted, normalised contact."""


@dataclass(frozen=True)
class ObjectiveConfig:
    """Weights and switches of the loss.

    Attributes:
        reconstruction, velocity, joints, foot: weights as published.
        kind: "paper" (metric space, the unconditional branch trained), "balanced" (that, but the
            feet which the answer calls planted are held against the truth, not against standing
            still, and `velocity_seconds` and `emphasis` count) or "official" (the published code:
            losses on normalised values, the sampled beta in the unconditional pass too).
        guidance: "gft", or "cfg" with plain condition dropping.
        beta_one: share of samples with beta 1, which needs no unconditional pass. Small betas weigh
            little (their square), so that a network learns from few of its windows else.
        drop: share of samples trained without condition; the published code has 0 for GFT,
            which leaves that branch untrained
            (docs/reference/motion-expert.md#departures, 1).
        velocity_seconds: the time over which velocities are measured as displacement. 1/30 is the
            published per-frame difference, whose metric values are so small that they hardly
            count; at 0.2 they outweigh all else where little noise is left, and dances stand
            still (docs/lab/motion-training.md).
        emphasis: at most so many times more than at the middle step do reconstruction and joints
            count where little noise is left, in inverse proportion to the error of the linear
            guess that the network starts from (`Precondition.expected_error`; Karras et al. 2022
            weigh alike). Otherwise the errors there are so small that nothing corrects them, and
            they are what a dance is finished with. Without such a guess every step counts alike,
            as published.
    """

    reconstruction: float = 0.636
    velocity: float = 2.964
    joints: float = 0.646
    foot: float = 10.942
    kind: Literal["balanced", "paper", "official"] = "balanced"
    guidance: Literal["gft", "cfg"] = "gft"
    drop: float = 0.15
    beta_one: float = 0.0
    velocity_seconds: float = 1 / 12
    emphasis: float = 20.0

    def validate(self) -> ObjectiveConfig:
        """Return self, or raise BadUsage."""
        if not 0 <= self.drop < 1:
            raise BadUsage(f"drop {self.drop}: must lie in [0, 1)", "0.15 is a good start")
        if self.velocity_seconds <= 0:
            raise BadUsage("velocity_seconds must be positive", "1/30 is the published value")
        if self.emphasis < 1:
            raise BadUsage("emphasis must be at least 1", "1 lets no step count more")
        return self


class Objective:
    """Computes the training loss of one batch."""

    def __init__(
        self,
        config: ObjectiveConfig,
        normalizer: Normalizer,
        device: torch.device,
        precondition: Precondition | None = None,
    ) -> None:
        self.config = config.validate()
        self.precondition = precondition
        self.alphas = torch.as_tensor(alphas_cumulative(), dtype=torch.float32, device=device)
        self.low = torch.as_tensor(normalizer.low, device=device)
        self.scale = torch.as_tensor(normalizer.scale, device=device)

    def loss(
        self, model: MotionExpert, batch: Mapping[str, Tensor], generator: torch.Generator
    ) -> tuple[Tensor, dict[str, float]]:
        """The weighted loss and its parts.

        Args:
            model: in train mode; called through `forward` only, so it may be wrapped for several
                processes.
            batch: x_BTK normalised motion, music_BTF standardised, genre_B indices (-1: none).
            generator: the only source of randomness besides dropout.
        """
        clean = batch["x_BTK"]
        size, device = len(clean), clean.device
        drawn: dict[str, Any] = {"generator": generator, "device": generator.device}
        step_B = torch.randint(0, STEPS, (size,), **drawn).to(device)
        noise = torch.randn(clean.shape, **drawn).to(device)
        beta_B = torch.rand(size, **drawn).to(device)
        keep_B = (torch.rand(size, **drawn) >= self._drop()).to(device)
        if self.config.beta_one > 0:
            whole_B = (torch.rand(size, **drawn) < self.config.beta_one).to(device)
            beta_B = torch.where(whole_B, torch.ones_like(beta_B), beta_B)
        noisy = add_noise(clean, noise, step_B, self.alphas)
        if self.config.guidance == "cfg":
            beta_B = torch.ones_like(beta_B)
        else:
            beta_B = torch.where(keep_B, beta_B, torch.ones_like(beta_B))
        context = (batch["music_BTF"], batch["genre_B"])
        predicted = model(noisy, step_B, context[0], beta_B, context[1], keep_B)
        if self.config.guidance == "gft":
            mixed = beta_B < 1 if self.config.beta_one > 0 else torch.ones_like(keep_B)
            if bool(mixed.any()):
                rows = (noisy[mixed], step_B[mixed], beta_B[mixed])
                heard = (context[0][mixed], context[1][mixed])
                anchor = self._unconditional(model, *rows, heard)
                mix = beta_B[mixed][:, None, None]
                predicted = predicted.index_put(
                    (mixed,), mix * predicted[mixed] + (1 - mix) * anchor
                )
        parts = (
            self._official(predicted, clean)
            if self._is_official()
            else self._metric(predicted, clean, self._emphasis(step_B))
        )
        total = sum(
            (parts[name] * getattr(self.config, name) for name in parts),
            torch.zeros((), device=device),
        )
        # All at once: each number that is read makes the processor wait for the GPU.
        numbers = torch.stack([value.detach() for value in parts.values()]).tolist()
        return total, dict(zip(parts, numbers, strict=True))

    def _is_balanced(self) -> bool:
        return self.config.kind == "balanced"

    def _is_official(self) -> bool:
        return self.config.kind == "official"

    def _drop(self) -> float:
        return 0.0 if self._is_official() and self.config.guidance == "gft" else self.config.drop

    def _unconditional(
        self,
        model: MotionExpert,
        noisy: Tensor,
        step_B: Tensor,
        beta_B: Tensor,
        context: tuple[Tensor, Tensor],
    ) -> Tensor:
        # The paper's anchor is x(null, beta = 1) with stopped gradient; the published code passes
        # the sampled beta and leaves dropout on
        # (docs/reference/motion-expert.md#departures, 2 and 3).
        official = self._is_official()
        beta = beta_B if official else torch.ones_like(beta_B)
        nobody = torch.zeros(len(noisy), dtype=torch.bool, device=noisy.device)
        was_training = model.training
        model.train(was_training and official)
        with torch.no_grad():
            anchor: Tensor = model(noisy, step_B, context[0], beta, context[1], nobody)
        model.train(was_training)
        return anchor

    def _emphasis(self, step_B: Tensor) -> Tensor:
        if self.precondition is None or not self._is_balanced():
            return torch.ones_like(step_B, dtype=torch.float32)
        middle_B = torch.full_like(step_B, STEPS // 2)
        error = self.precondition.expected_error
        return (error(middle_B) / error(step_B)).clamp(max=self.config.emphasis)

    def _metric(self, predicted: Tensor, clean: Tensor, emphasis_B: Tensor) -> dict[str, Tensor]:
        predicted_raw, clean_raw = self._metres(predicted), self._metres(clean)
        joints = joint_positions(predicted_raw[..., layout.root], predicted_raw[..., layout.sixes])
        target = joint_positions(clean_raw[..., layout.root], clean_raw[..., layout.sixes])
        unit = MOTION_FPS * self.config.velocity_seconds if self._is_balanced() else 1.0
        velocity, target_velocity = (p.diff(dim=1) * unit for p in (joints, target))
        contact = (predicted_raw[..., layout.contacts] > 0.5)[:, :-1, :, None].to(velocity.dtype)
        # Where much noise is left a foot that is more likely planted than not moves on average,
        # and an answer that stands still is no average.
        expected = target_velocity if self._is_balanced() else torch.zeros_like(velocity)
        sliding = (velocity - expected)[:, :, list(FOOT_JOINTS)]
        return {
            "reconstruction": _weighted((predicted - clean).square(), emphasis_B),
            "velocity": (velocity - target_velocity).square().mean(),
            "joints": _weighted((joints - target).square(), emphasis_B),
            "foot": (sliding * contact).square().mean(),
        }

    def _official(self, predicted: Tensor, clean: Tensor) -> dict[str, Tensor]:
        pose, target_pose = predicted[..., layout.root.start :], clean[..., layout.root.start :]
        joints = joint_positions(predicted[..., layout.root], predicted[..., layout.sixes])
        target = joint_positions(clean[..., layout.root], clean[..., layout.sixes])
        feet = joints[:, :, list(FOOT_JOINTS)]
        planted = predicted[..., layout.contacts] > OFFICIAL_CONTACT
        contact = planted[:, :-1, :, None].to(feet.dtype)
        return {
            "reconstruction": (predicted - clean).square().mean(),
            "velocity": (pose.diff(dim=1) - target_pose.diff(dim=1)).square().mean(),
            "joints": (joints - target).square().mean(),
            "foot": (feet.diff(dim=1) * contact).square().mean(),
        }

    def _metres(self, normalised: Tensor) -> Tensor:
        return (normalised + 1.0) / self.scale + self.low


def _weighted(error: Tensor, weight_B: Tensor) -> Tensor:
    return (error.flatten(1).mean(1) * weight_B).mean()
