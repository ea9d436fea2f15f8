"""What is known of clean motion before any learning: its mean, and its spectrum over time.

A dance is smooth. For noisy motion z = sqrt(a) x + sqrt(1 - a) noise, the best linear guess of x is
the Wiener filter of z; what is left for the network is the guess's error, whose spectrum is known
too. A network wrapped like this starts out as a sampler of smooth motion of the right strength and
learns what a body and a song add to that (after Karras et al. 2022, section 5, per frequency).

Shapes: B batch, T frames, K motion features, W = T + 1 frequencies of the mirrored signal.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pipelines.motion_expert.mace.diffusion import alphas_cumulative

FREQUENCIES = 151
"""Frequencies of the kept spectrum, 0 to half a cycle per frame: as of 5 s windows at 30 fps."""


class Precondition(nn.Module):
    """Mean and power spectrum of normalised motion, and the linear denoiser that they give."""

    mean_K: Tensor
    spectrum_FK: Tensor
    alphas: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.register_buffer("mean_K", torch.zeros(size))
        self.register_buffer("spectrum_FK", torch.ones(FREQUENCIES, size))
        alphas = torch.as_tensor(alphas_cumulative(), dtype=torch.float32)
        self.register_buffer("alphas", alphas, persistent=False)

    def fit(self, motion_NTK: Tensor, mean_bar_NTK: Tensor | None = None) -> None:
        """Estimate mean and spectrum from N normalised training windows.

        With `mean_bar_NTK` (`mean_bar`), the spectrum is that of what the mean bar leaves.
        """
        self.mean_K.copy_(motion_NTK.mean((0, 1)))
        rest_NTK = motion_NTK - self.mean_K
        if mean_bar_NTK is not None:
            rest_NTK = rest_NTK - mean_bar_NTK
        power_WK = _mirrored_spectrum(rest_NTK).abs().square().mean(0)
        power_WK[0] /= 2  # of white noise the mirrored signal has twice as much at frequency 0
        spectrum = _at_frequencies(power_WK, FREQUENCIES)
        self.spectrum_FK.copy_(spectrum.clamp(min=1e-5))

    def guess(self, z_BTK: Tensor, step_B: Tensor, mean_bar_BTK: Tensor | None = None) -> Guess:
        """The linear part of denoising at diffusion steps `step_B`, around a mean bar if given."""
        mean = self.mean_K if mean_bar_BTK is None else self.mean_K + mean_bar_BTK.float()
        alpha = self.alphas[step_B.long()].reshape(-1, 1, 1)
        power_WK = _at_frequencies(self.spectrum_FK, z_BTK.shape[1] + 1)
        noisy_power = alpha * power_WK + 1 - alpha
        centred = z_BTK.float() - alpha.sqrt() * mean
        clean = _filtered(centred, alpha.sqrt() * power_WK / noisy_power)
        error = _error_power(power_WK, alpha).sqrt()
        variance = alpha * power_WK.mean(0) + 1 - alpha
        return Guess(centred * variance.rsqrt(), clean, mean, error)

    def expected_error(self, step_B: Tensor) -> Tensor:
        """Mean squared error (B,) of the linear guess at these diffusion steps."""
        alpha_B11 = self.alphas[step_B.long()].reshape(-1, 1, 1)
        error_BFK = _error_power(self.spectrum_FK, alpha_B11)
        return error_BFK.mean((1, 2))


class Guess:
    """A linear guess of clean motion, and how the network's answer completes it."""

    def __init__(self, scaled: Tensor, clean: Tensor, mean: Tensor, error_BWK: Tensor) -> None:
        self._clean, self._mean, self._error_BWK = clean, mean, error_BWK
        self.inputs = torch.cat([scaled, clean], dim=-1)
        """(B, T, 2K): the noisy motion with unit variance, and the guess less its mean."""

    def completed(self, answer_BTK: Tensor) -> Tensor:
        """The guess plus the answer, coloured with the spectrum of the guess's error."""
        return self._mean + self._clean + _filtered(answer_BTK, self._error_BWK)


def _error_power(power_WK: Tensor, alpha_B11: Tensor) -> Tensor:
    # What the Wiener filter leaves of each frequency.
    return power_WK * (1 - alpha_B11) / (alpha_B11 * power_WK + 1 - alpha_B11)


def _mirrored_spectrum(x_BTK: Tensor) -> Tensor:
    # Mirrored at its end a signal has no jump there, and filtering does not bend its ends.
    mirrored = torch.cat([x_BTK, x_BTK.flip(1)], dim=1)
    spectrum: Tensor = torch.fft.rfft(mirrored, dim=1, norm="ortho")
    return spectrum


def _filtered(x_BTK: Tensor, gain_BWK: Tensor) -> Tensor:
    length = x_BTK.shape[1]
    shaped = _mirrored_spectrum(x_BTK) * gain_BWK
    mirrored: Tensor = torch.fft.irfft(shaped, n=2 * length, dim=1, norm="ortho")
    return mirrored[:, :length]


def _at_frequencies(spectrum_FK: Tensor, count: int) -> Tensor:
    resampled = torch.nn.functional.interpolate(
        spectrum_FK.T[None], size=count, mode="linear", align_corners=True
    )
    return resampled[0].T
