"""Every metric, one row each: its name, which way is better, where it is shown, who computes it.

docs/how-to/metric.md adds one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Better = Literal["low", "high", "truth"]
PROTOCOLS = ("motion-3d", "motion-appearance", "animation")

_DANCE, _VIDEO, _PAIR = (("motion-3d",), ("motion-appearance",), ("animation",))
_BOTH = ("motion-3d", "motion-appearance")


@dataclass(frozen=True)
class Metric:
    """One column of a table.

    Attributes:
        label: plain text. latex: the same in a formula.
        better: "truth": neither high nor low, but near the recordings' own value.
        digits: after the point. scale: what values are multiplied by when shown.
        about: one line for the report.
        protocols: in whose tables it stands, in the order of the rows.
        of_dance: "module:function" that takes joints (T, 24, 3) in metres at 30 fps, z up, and
            that rate, and gives the score of one dance in motion-3d. Empty where a protocol
            computes it by itself: from whole sets, by its profile, or from pictures.
    """

    label: str
    latex: str
    better: Better
    digits: int
    about: str
    protocols: tuple[str, ...]
    scale: float = 1.0
    of_dance: str = ""


METRICS: dict[str, Metric] = {
    "iq": Metric("IQ", "IQ", "high", 2, "imaging quality (VBench)", _VIDEO, 100.0),
    "aq": Metric("AQ", "AQ", "high", 2, "aesthetic quality (VBench)", _VIDEO, 100.0),
    "sc": Metric("SC", "SC", "high", 2, "subject consistency (VBench)", _VIDEO, 100.0),
    "bc": Metric("BC", "BC", "high", 2, "background consistency (VBench)", _VIDEO, 100.0),
    "ms": Metric("MS", "MS", "high", 2, "motion smoothness (VBench)", _VIDEO, 100.0),
    "tf": Metric("TF", "TF", "high", 2, "temporal flickering (VBench), no static filter", _VIDEO,
                 100.0),
    "fid_k": Metric("FID_k", r"FID$_k$", "low", 2,
                    "Frechet distance of kinetic features to the truth", _BOTH),
    "fid_g": Metric("FID_g", r"FID$_g$", "low", 2,
                    "Frechet distance of geometric features to the truth", _BOTH),
    "div_k": Metric("DIV_k", r"DIV$_k$", "truth", 2, "mean distance of kinetic features", _BOTH),
    "div_g": Metric("DIV_g", r"DIV$_g$", "truth", 2, "mean distance of geometric features", _BOTH),
    "bas": Metric("BAS", "BAS", "high", 3, "beat alignment score; compare with its chance level",
                  _BOTH),
    "fsr": Metric("FSR", "FSR", "low", 3, "share of contact frames in which a foot slides", _DANCE),
    "pfc": Metric("PFC", "PFC", "low", 3, "physical foot contact", _DANCE),
    "jitter": Metric("jitter", "Jitter", "low", 1, "mean jerk of the joints, m/s³", _DANCE,
                     of_dance="pipelines.metrics.smoothness:jitter"),
    "fps": Metric("FPS", "FPS", "high", 0, "frames of dance generated per second", _DANCE),
    "fvd": Metric("FVD", "FVD", "low", 2, "Frechet video distance", _PAIR),
    "ssim": Metric("SSIM", "SSIM", "high", 3, "structural similarity, grey, 7×7 uniform window",
                   _PAIR),
    "ssim_gauss": Metric("SSIM (Gauss)", "SSIM$_G$", "high", 3,
                         "structural similarity per channel, 11×11 Gaussian window", _PAIR),
    "lpips_alex": Metric("LPIPS (alex)", "LPIPS", "low", 3, "perceptual distance, AlexNet", _PAIR),
    "lpips_vgg": Metric("LPIPS (vgg)", "LPIPS$_{vgg}$", "low", 3, "perceptual distance, VGG-16",
                        _PAIR),
    "psnr": Metric("PSNR", "PSNR", "high", 2, "peak signal-to-noise ratio, dB", _PAIR),
}  # fmt: skip

COLUMNS: dict[str, tuple[str, ...]] = {
    protocol: tuple(key for key, metric in METRICS.items() if protocol in metric.protocols)
    for protocol in PROTOCOLS
}

VBENCH = ("iq", "aq", "sc", "bc", "ms", "tf")

VBENCH_NAMES = {
    "iq": "imaging_quality", "aq": "aesthetic_quality", "sc": "subject_consistency",
    "bc": "background_consistency", "ms": "motion_smoothness", "tf": "temporal_flickering",
}  # fmt: skip
