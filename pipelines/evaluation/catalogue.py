"""Every metric by its key: its name, which way is better, how many digits mean something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Better = Literal["low", "high", "truth"]
PROTOCOLS = ("motion-3d", "motion-appearance", "animation")


@dataclass(frozen=True)
class Metric:
    """One column of a table.

    Attributes:
        label: plain text. latex: the same in a formula.
        better: "truth": neither high nor low, but near the recordings' own value.
        digits: after the point. scale: what values are multiplied by when shown.
        about: one line for the report.
    """

    label: str
    latex: str
    better: Better
    digits: int
    about: str
    scale: float = 1.0


METRICS: dict[str, Metric] = {
    "fid_k": Metric("FID_k", r"FID$_k$", "low", 2,
                    "Frechet distance of kinetic features to the truth"),
    "fid_g": Metric("FID_g", r"FID$_g$", "low", 2,
                    "Frechet distance of geometric features to the truth"),
    "div_k": Metric("DIV_k", r"DIV$_k$", "truth", 2, "mean distance of kinetic features"),
    "div_g": Metric("DIV_g", r"DIV$_g$", "truth", 2, "mean distance of geometric features"),
    "bas": Metric("BAS", "BAS", "high", 3, "beat alignment score; compare with its chance level"),
    "fsr": Metric("FSR", "FSR", "low", 3, "share of contact frames in which a foot slides"),
    "pfc": Metric("PFC", "PFC", "low", 3, "physical foot contact"),
    "jitter": Metric("jitter", "Jitter", "low", 1, "mean jerk of the joints, m/s³"),
    "fps": Metric("FPS", "FPS", "high", 0, "frames of dance generated per second"),
    "iq": Metric("IQ", "IQ", "high", 2, "imaging quality (VBench)", 100.0),
    "aq": Metric("AQ", "AQ", "high", 2, "aesthetic quality (VBench)", 100.0),
    "sc": Metric("SC", "SC", "high", 2, "subject consistency (VBench)", 100.0),
    "bc": Metric("BC", "BC", "high", 2, "background consistency (VBench)", 100.0),
    "ms": Metric("MS", "MS", "high", 2, "motion smoothness (VBench)", 100.0),
    "tf": Metric("TF", "TF", "high", 2, "temporal flickering (VBench), no static filter", 100.0),
    "fvd": Metric("FVD", "FVD", "low", 2, "Frechet video distance"),
    "ssim": Metric("SSIM", "SSIM", "high", 3, "structural similarity, grey, 7×7 uniform window"),
    "ssim_gauss": Metric("SSIM (Gauss)", "SSIM$_G$", "high", 3,
                         "structural similarity per channel, 11×11 Gaussian window"),
    "lpips_alex": Metric("LPIPS (alex)", "LPIPS", "low", 3, "perceptual distance, AlexNet"),
    "lpips_vgg": Metric("LPIPS (vgg)", "LPIPS$_{vgg}$", "low", 3, "perceptual distance, VGG-16"),
    "psnr": Metric("PSNR", "PSNR", "high", 2, "peak signal-to-noise ratio, dB"),
}  # fmt: skip

COLUMNS: dict[str, tuple[str, ...]] = {
    "motion-3d": ("fid_k", "fid_g", "div_k", "div_g", "bas", "fsr", "pfc", "jitter", "fps"),
    "motion-appearance": (
        "iq", "aq", "sc", "bc", "ms", "tf",
        "fid_k", "fid_g", "div_k", "div_g", "bas",
    ),
    "animation": ("fvd", "ssim", "ssim_gauss", "lpips_alex", "lpips_vgg", "psnr"),
}  # fmt: skip

VBENCH = ("iq", "aq", "sc", "bc", "ms", "tf")

VBENCH_NAMES = {
    "iq": "imaging_quality", "aq": "aesthetic_quality", "sc": "subject_consistency",
    "bc": "background_consistency", "ms": "motion_smoothness", "tf": "temporal_flickering",
}  # fmt: skip
