"""Every metric, one row each: its name, which way is better, where it is shown, who computes it.

docs/how-to/metric.md adds one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pipelines.support.named import named

Better = Literal["low", "high", "truth"]
Takes = Literal[
    "", "joints, fps", "joints, profile", "motion", "frame, original", "set", "set, truth",
    "asked, recognised",
]  # fmt: skip
RECOGNITION: Takes = "asked, recognised"
"""Also the name under which clips keep them: (W, 2), a row per window."""


@dataclass(frozen=True)
class Metric:
    """One column of a table.

    Attributes:
        label: plain text. latex: the same in a formula.
        better: "truth": neither high nor low, but near the recordings' own value.
        digits: after the point. scale: what values are multiplied by when shown.
        about: one line for the report.
        protocols: whose tables it stands in, in the order of the rows.
        function: "module:function" that computes it, a float; "": its protocol does.
        takes: what the function is called with:
            "joints, fps": a dance's joints (T, 24, 3) in metres, z up, at 30 fps;
            "joints, profile": the same with a MotionProfile;
            "motion": the dance itself, at 30 fps;
            "frame, original": two pictures (H, W, 3) uint8 RGB; clips score the mean over frames;
            "set": features (N, D) of all clips, in the units of the protocol's rule;
            "set, truth": those and the recordings';
            "asked, recognised": genres (N,) and (N,) of all clips' windows.
        space: of a set's metric: which features.
        wants: the flag without which it is left out; "" where none is.
    """

    label: str
    latex: str
    better: Better
    digits: int
    about: str
    protocols: tuple[str, ...]
    scale: float = 1.0
    function: str = ""
    takes: Takes = ""
    space: str = ""
    wants: str = ""


_DANCE, _VIDEO, _PAIR = ("motion-3d",), ("motion-appearance",), ("animation",)
_BOTH = (*_DANCE, *_VIDEO)
_FRECHET = "pipelines.metrics.distributions:frechet_distance"
_DIVERSITY = "pipelines.metrics.distributions:diversity"
_PICTURES = "pipelines.metrics.image_pairs"
_GENRE, _CLASSIFIER = "pipelines.metrics.genre.scores", "--genre-classifier"
_CONTRASTIVE = "--contrastive-evaluator"

METRICS: dict[str, Metric] = {
    "iq": Metric("IQ", "IQ", "high", 2, "imaging quality (VBench)", _VIDEO, 100.0),
    "aq": Metric("AQ", "AQ", "high", 2, "aesthetic quality (VBench)", _VIDEO, 100.0),
    "sc": Metric("SC", "SC", "high", 2, "subject consistency (VBench)", _VIDEO, 100.0),
    "bc": Metric("BC", "BC", "high", 2, "background consistency (VBench)", _VIDEO, 100.0),
    "ms": Metric("MS", "MS", "high", 2, "motion smoothness (VBench)", _VIDEO, 100.0),
    "tf": Metric(
        "TF", "TF", "high", 2, "temporal flickering (VBench), no static filter", _VIDEO, 100.0
    ),
    "fid_k": Metric(
        "FID_k", r"FID$_k$", "low", 2, "Frechet distance of kinetic features to the truth", _BOTH,
        function=_FRECHET, takes="set, truth", space="k",
    ),
    "fid_g": Metric(
        "FID_g", r"FID$_g$", "low", 2, "Frechet distance of geometric features to the truth",
        _BOTH, function=_FRECHET, takes="set, truth", space="g",
    ),
    "div_k": Metric(
        "DIV_k", r"DIV$_k$", "truth", 2, "mean distance of kinetic features", _BOTH,
        function=_DIVERSITY, takes="set", space="k",
    ),
    "div_g": Metric(
        "DIV_g", r"DIV$_g$", "truth", 2, "mean distance of geometric features", _BOTH,
        function=_DIVERSITY, takes="set", space="g",
    ),
    "bas": Metric(
        "BAS", "BAS", "high", 3, "beat alignment score; compare with its chance level", _BOTH
    ),
    "fsr": Metric(
        "FSR", "FSR", "low", 3, "share of contact frames in which a foot slides", _DANCE,
        function="pipelines.evaluation.poses_3d:foot_skating", takes="joints, profile",
    ),
    "pfc": Metric(
        "PFC", "PFC", "low", 3, "physical foot contact", _DANCE,
        function="pipelines.evaluation.poses_3d:foot_contact", takes="joints, profile",
    ),
    "jitter": Metric(
        "jitter", "Jitter", "low", 1, "mean jerk of the joints, m/s³", _DANCE,
        function="pipelines.metrics.smoothness:jitter", takes="joints, fps",
    ),
    "pen_self": Metric(
        "self-penetration", r"Pen$_{self}$", "low", 2, "share of the body inside itself, %", _DANCE,
        100.0, function="pipelines.metrics.penetration:self_penetration", takes="joints, fps",
    ),
    "pen_floor": Metric(
        "floor penetration", r"Pen$_{floor}$", "low", 2, "share of the body under the floor, %",
        _DANCE, 100.0, function="pipelines.metrics.penetration:floor_penetration",
        takes="joints, fps",
    ),
    "fgd": Metric(
        "FGD", "FGD", "low", 2, "foot-ground deviation, sinking and floating, mm", _DANCE,
        function="pipelines.metrics.ground:foot_ground_deviation", takes="joints, fps",
    ),
    "magnitude": Metric(
        "magnitude", "Magnitude", "truth", 3, "how much the joints turn; near 0: it stands still",
        _DANCE, function="pipelines.metrics.magnitude:motion_magnitude", takes="motion",
    ),
    "fps": Metric("FPS", "FPS", "high", 0, "frames of dance generated per second", _DANCE),
    "fid_s": Metric(
        "FID_s", r"FID$_s$", "low", 2, "Frechet distance of a genre classifier's outputs", _DANCE,
        function=_FRECHET, takes="set, truth", space="s", wants=_CLASSIFIER,
    ),
    "div_s": Metric(
        "DIV_s", r"DIV$_s$", "truth", 2, "mean distance of a genre classifier's outputs", _DANCE,
        function=_DIVERSITY, takes="set", space="s", wants=_CLASSIFIER,
    ),
    "acc": Metric(
        "ACC", "ACC", "high", 2, "share of windows that are recognised as the genre asked for",
        _DANCE, 100.0, function=f"{_GENRE}:accuracy", takes=RECOGNITION,
        wants=_CLASSIFIER,
    ),
    "f1": Metric(
        "F1", "F1", "high", 2, "of macro precision and macro recall of the recognised genres",
        _DANCE, 100.0, function=f"{_GENRE}:f1_score", takes=RECOGNITION,
        wants=_CLASSIFIER,
    ),
    "r5": Metric(
        "R@5", "R@5", "high", 2, "windows of dance that find their own music among five, %", _DANCE,
        100.0, wants=_CONTRASTIVE,
    ),
    "mm_dist": Metric(
        "MM-Dist", "MM-Dist", "low", 2, "mean distance of a dance to its music", _DANCE,
        wants=_CONTRASTIVE,
    ),
    "fid_c": Metric(
        "FID_c", r"FID$_c$", "low", 2, "Frechet distance of a contrastive evaluator's points",
        _DANCE, function=_FRECHET, takes="set, truth", space="c", wants=_CONTRASTIVE,
    ),
    "div_c": Metric(
        "DIV_c", r"DIV$_c$", "truth", 2, "mean distance of a contrastive evaluator's points",
        _DANCE, function=_DIVERSITY, takes="set", space="c", wants=_CONTRASTIVE,
    ),
    "fvd": Metric(
        "FVD", "FVD", "low", 2, "Frechet video distance", _PAIR,
        function=_FRECHET, takes="set, truth", space="fvd",
    ),
    "ssim": Metric(
        "SSIM", "SSIM", "high", 3, "structural similarity, grey, 7×7 uniform window", _PAIR,
        function=f"{_PICTURES}:ssim", takes="frame, original",
    ),
    "ssim_gauss": Metric(
        "SSIM (Gauss)", "SSIM$_G$", "high", 3,
        "structural similarity per channel, 11×11 Gaussian window", _PAIR,
        function=f"{_PICTURES}:ssim_gauss", takes="frame, original",
    ),
    "lpips_alex": Metric(
        "LPIPS (alex)", "LPIPS", "low", 3, "perceptual distance, AlexNet", _PAIR
    ),
    "lpips_vgg": Metric(
        "LPIPS (vgg)", "LPIPS$_{vgg}$", "low", 3, "perceptual distance, VGG-16", _PAIR
    ),
    "psnr": Metric(
        "PSNR", "PSNR", "high", 2, "peak signal-to-noise ratio, dB", _PAIR,
        function=f"{_PICTURES}:psnr", takes="frame, original",
    ),
}  # fmt: skip


def columns(protocol: str) -> tuple[str, ...]:
    """The metrics of a protocol, in the order of its tables."""
    return tuple(key for key, metric in METRICS.items() if protocol in metric.protocols)


def measured_by(protocol: str, takes: Takes) -> dict[str, Callable[..., float]]:
    """The functions of those metrics of a protocol that take this, by metric, in the same order."""
    return {key: named(METRICS[key].function) for key in columns(protocol)
            if METRICS[key].takes == takes}  # fmt: skip


def shown(metric: str, value: float | None) -> str:
    """A value as tables print it."""
    if value is None or not math.isfinite(value):
        return "–"
    described = METRICS[metric]
    return f"{value * described.scale:.{described.digits}f}"
