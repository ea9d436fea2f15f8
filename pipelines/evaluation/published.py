"""The rows that the MACE-Dance paper prints, to stand beside ours (tables 1, 2 and 3).

Shown values, as in the paper: VBench's times 100. Its FID_k mixes two definitions of the kinetic
features, and its ground truth's BAS lies below what chance scores:
docs/reference/published-evaluation.md#published-tables.
"""

from __future__ import annotations

Row = dict[str, float]

_APPEARANCE = ("iq", "aq", "sc", "bc", "ms", "tf", "fid_k", "fid_g", "div_k", "div_g", "bas")
_MOTION = ("fid_k", "fid_g", "fsr", "div_k", "div_g", "bas", "fps")
_ANIMATION = ("fvd", "ssim", "lpips_alex", "psnr")


def _row(columns: tuple[str, ...], *values: float | None) -> Row:
    return {name: value for name, value in zip(columns, values, strict=True) if value is not None}


PUBLISHED: dict[str, dict[str, Row]] = {
    "motion-appearance": {
        "Ground truth": _row(
            _APPEARANCE, 67.12, 53.51, 91.86, 92.97, 98.20, 96.88, None, None, 9.24, 5.31, 0.526
        ),
        "Hallo2": _row(
            _APPEARANCE, 62.64, 50.79, 92.48, 93.84, 98.30, 96.56, 16.55, 1.29, 8.11, 5.47, 0.505
        ),
        "EDGE": _row(
            _APPEARANCE, 63.05, 49.70, 91.79, 93.30, 98.64, 97.10, 21.77, 1.39, 9.08, 5.74, 0.498
        ),
        "Lodge": _row(
            _APPEARANCE, 63.69, 49.22, 91.67, 92.98, 98.46, 97.05, 18.73, 1.49, 8.87, 5.71, 0.474
        ),
        "MEGADance": _row(
            _APPEARANCE, 66.14, 49.89, 92.95, 94.13, 97.45, 96.32, 18.98, 1.65, 8.78, 5.59, 0.513
        ),
        "MACE-Dance": _row(
            _APPEARANCE, 65.35, 51.79, 93.97, 94.57, 98.46, 97.10, 16.46, 0.28, 9.74, 6.34, 0.523
        ),
    },
    "motion-3d": {
        "Ground truth": _row(_MOTION, None, None, 0.216, 9.94, 7.54, 0.201, None),
        "FACT": _row(_MOTION, 113.38, 97.05, 0.284, 3.36, 6.37, 0.183, 29),
        "MNET": _row(_MOTION, 104.71, 90.31, 0.394, 3.12, 6.14, 0.186, 26),
        "Bailando": _row(_MOTION, 82.81, 28.17, 0.188, 7.74, 6.25, 0.202, 188),
        "EDGE": _row(_MOTION, 94.34, 50.38, 0.200, 8.13, 6.45, 0.212, 119),
        "Lodge": _row(_MOTION, 50.00, 35.52, 0.028, 5.67, 4.96, 0.226, 224),
        "MEGADance": _row(_MOTION, 50.00, 13.02, 0.243, 6.23, 6.27, 0.226, 238),
        "MACE Motion Expert": _row(_MOTION, 17.83, 25.09, 0.210, 10.30, 8.09, 0.229, 770),
    },
    "animation": {
        "AnimateAnyone": _row(_ANIMATION, 515.26, 0.648, 0.091, 19.65),
        "MagicAnimate": _row(_ANIMATION, 1032.06, 0.311, 0.207, 14.00),
        "Wan-Animate": _row(_ANIMATION, 332.82, 0.707, 0.078, 21.11),
        "MACE Appearance Expert": _row(_ANIMATION, 274.94, 0.739, 0.066, 22.40),
    },
}
