"""Table 3 of the paper in miniature: what each stage gives the small Wan-Animate.

    python benchmarks/appearance_ablation.py --samples OUT/samples.zip [--sheet sheet.png]
    python benchmarks/appearance_ablation.py --model BASE --adapter body_adapter.safetensors \
        --lora lora.safetensors --lora-alone lora.safetensors --data WORKSPACE --workspace WORKSPACE

Held-out clips, each from its first picture and its skeletons, in four rows: the base model, with
the adapter of the kinematic stage, with a LoRA trained without that adapter, and with both. Printed
are PSNR and SSIM against the real frames, the flicker of the video beside that of the real one, and
how far the pose that a detector finds lies from the one that it finds in the real frame. Intervals
are of a bootstrap over clips. Every number needs no downloaded network; LPIPS and FVD do.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from pipelines.keypoints.video_pose import follow
from pipelines.metrics.image_pairs import psnr, ssim, ssim_gauss

ROWS = ("base", "kinematic", "aesthetic", "both")
COLUMNS = ("psnr", "ssim", "ssim_gauss", "flicker", "pose")
BETTER = {"psnr": 1, "ssim": 1, "ssim_gauss": 1, "flicker": -1, "pose": -1}
PAPER = {
    "base": (21.11, 0.707), "kinematic": (17.89, 0.563), "aesthetic": (18.69, 0.596),
    "both": (22.40, 0.739),
}  # fmt: skip
"""PSNR and SSIM as published. "without Aesthetic" is the kinematic stage alone, and the reverse."""

_DETECTOR_SIDE = 512
_VISIBLE = 0.5
_DRAWS = 2000


def measured(made_THW3: np.ndarray, truth_THW3: np.ndarray) -> dict[str, float]:
    """All columns but the pose, of one clip."""
    pairs = list(zip(made_THW3, truth_THW3, strict=True))
    flicker = _change(made_THW3) - _change(truth_THW3)
    return {
        "psnr": float(np.mean([psnr(*pair) for pair in pairs])),
        "ssim": float(np.mean([ssim(*pair) for pair in pairs])),
        "ssim_gauss": float(np.mean([ssim_gauss(*pair) for pair in pairs])),
        "flicker": abs(flicker),
    }


def _change(clip_THW3: np.ndarray) -> float:
    """Mean difference of successive frames, in grey levels."""
    return float(np.abs(np.diff(clip_THW3.astype(np.int16), axis=0)).mean())


def found_points(clip_THW3: np.ndarray) -> np.ndarray:
    """(T, 33, 3) what MediaPipe finds: x, y in pixels of the clip, and visibility."""
    height, width = clip_THW3.shape[1:3]
    scale = _DETECTOR_SIDE / max(height, width)
    size = (round(width * scale), round(height * scale))
    larger = (cv2.resize(frame, size, interpolation=cv2.INTER_CUBIC) for frame in clip_THW3)
    points = follow(larger)
    points[..., :2] *= [width, height]
    return points


def pose_error(made_TK3: np.ndarray, truth_TK3: np.ndarray) -> float:
    """Mean distance of points seen in the real frame, in per cent of the figure's height.

    A frame in which nobody is found counts as far off as the figure is high.
    """
    errors = []
    for made, truth in zip(made_TK3, truth_TK3, strict=True):
        seen = truth[:, 2] > _VISIBLE
        if seen.sum() < 8:
            continue
        height = float(np.ptp(truth[seen, 1]))
        off = np.linalg.norm(made[seen, :2] - truth[seen, :2], axis=1) / max(height, 1.0)
        errors.append(float(np.minimum(off, 1.0).mean()) if made[:, 2].any() else 1.0)
    return 100 * float(np.mean(errors)) if errors else float("nan")


def table(scores: dict[str, dict[str, list[float]]]) -> str:
    """Means with 95 % intervals, one line per row, the paper's below."""
    lines = [
        "| | PSNR | SSIM (7 x 7) | SSIM (Gaussian) | flicker off by | pose off by, % |",
        "|--|--|--|--|--|--|",
    ]
    for row in scores:
        cells = []
        for column in COLUMNS:
            values = np.array(scores[row][column])
            low, high = interval(values)
            digits = 3 if column.startswith("ssim") else 2
            cells.append(f"{np.nanmean(values):.{digits}f} ({low:.{digits}f} … {high:.{digits}f})")
        lines.append(f"| {row} | " + " | ".join(cells) + " |")
        if row in PAPER:
            lines.append(f"| as published | {PAPER[row][0]} | {PAPER[row][1]} | | | |")
    return "\n".join(lines)


def interval(values: np.ndarray, draws: int = _DRAWS) -> tuple[float, float]:
    """95 % of the means of clips drawn with replacement."""
    kept = values[np.isfinite(values)]
    if not len(kept):
        return float("nan"), float("nan")
    chosen = np.random.default_rng(0).integers(len(kept), size=(draws, len(kept)))
    low, high = np.percentile(kept[chosen].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def orderings(scores: dict[str, dict[str, list[float]]]) -> str:
    """Row against row on the same clips: which is better, and whether zero lies in the interval."""
    pairs = [("both", "base"), ("both", "kinematic"), ("both", "aesthetic"),
             ("kinematic", "base"), ("aesthetic", "base")]  # fmt: skip
    lines = ["| better by | " + " | ".join(COLUMNS) + " |", "|--|" + "--|" * len(COLUMNS)]
    for one, other in pairs:
        cells = []
        for column in COLUMNS:
            gain = BETTER[column] * (np.array(scores[one][column]) - scores[other][column])
            low, high = interval(gain)
            mark = "" if low <= 0 <= high else "*"
            cells.append(f"{np.nanmean(gain):+.3f} ({low:+.3f} … {high:+.3f}){mark}")
        lines.append(f"| {one} than {other} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def contact_sheet(rows: dict[str, np.ndarray], path: Path, clips: int = 6, frames: int = 4) -> None:
    """A picture: per clip the reference, then for some frames the truth and all rows."""
    names = ["truth", *(row for row in ROWS if row in rows)]
    length = rows["truth"].shape[1]
    at = [round((k + 1) * (length - 1) / frames) for k in range(frames)]
    lines = []
    for clip in range(min(clips, len(rows["truth"]))):
        shown = [rows["truth"][clip, 0]]
        for frame in at:
            shown += [rows[name][clip, frame] for name in names]
        lines.append(np.concatenate(shown, axis=1))
    sheet = np.concatenate(lines, axis=0)
    cv2.imwrite(str(path), cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))


def sampled_rows(options: argparse.Namespace) -> dict[str, np.ndarray]:
    """Sample the four rows from a model and the held-out clips of a workspace."""
    import torch

    from macedance_cli.console import open_progress
    from pipelines.appearance_expert.training.encoded import EncodedClips, segments_in
    from pipelines.appearance_expert.training.network import (
        load_transformer,
        placed,
        put_motion_encoder_aside,
    )
    from pipelines.appearance_expert.training.sampling import Decoder, sample_latents
    from pipelines.appearance_expert.wan.overlays import Overlay
    from pipelines.appearance_expert.wan.weights import find_wan
    from pipelines.train_appearance import TrainAppearanceConfig, train_appearance

    weights, device = find_wan(str(options.model)), torch.device(options.device)
    config = TrainAppearanceConfig(
        data=(str(options.data),), stage="base", model=str(options.model), size="80x144",
        frames=17, fps=16.0, workspace=options.workspace, encode_only=True, device=options.device,
    )  # fmt: skip
    folder = train_appearance(config, open_progress()).folder
    files = sorted(f for f in folder.glob("*.safetensors") if f.name != "grey.safetensors")
    texts = options.workspace / "models" / "appearance" / "prompts"
    text = next(iter(sorted(texts.glob("*.safetensors"))))
    data = EncodedClips([segments_in(f, text)[0] for f in files[: options.clips]], 17)
    decoder = Decoder(weights, device)
    rows: dict[str, list[np.ndarray]] = {name: [] for name in ("truth", *ROWS)}
    for row, overlay in {
        "base": Overlay(),
        "kinematic": Overlay(options.adapter),
        "aesthetic": Overlay(None, ((options.lora_alone, 1.0),)),
        "both": Overlay(options.adapter, ((options.lora, 1.0),)),
    }.items():
        transformer = load_transformer(weights, False, 0)
        overlay.apply(transformer)
        put_motion_encoder_aside(transformer)
        transformer.to(device).eval()
        for number in range(len(data)):
            batch = placed(data.fixed(number), device, torch.float32)
            made = sample_latents(transformer, batch, options.steps, seed=0)[0, :, 1:]
            rows[row].append(decoder.frames(made))
            if row == "base":
                rows["truth"].append(decoder.frames(batch["clean"][0, :, 1:]))
    return {name: np.stack(clips) for name, clips in rows.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    """Sample or read the rows, measure, and print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--samples", type=Path, help="of examples/tiny_appearance/train.py")
    parser.add_argument("--model", type=Path)
    for name in ("adapter", "lora", "lora-alone", "data"):
        parser.add_argument(f"--{name}", type=Path)
    parser.add_argument("--workspace", type=Path, default=Path("workspace"))
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--clips", type=int, default=20)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--pose-every", type=int, default=1)
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--out", type=Path, help="the scores of every clip, as JSON")
    options = parser.parse_args(arguments)
    rows = load_rows(options.samples) if options.samples else sampled_rows(options)
    if options.sheet:
        contact_sheet(rows, options.sheet)
    real = [found_points(clip[:: options.pose_every]) for clip in rows["truth"]]
    scores: dict[str, dict[str, list[float]]] = {}
    for row in ROWS:
        found: list[dict[str, Any]] = []
        for made, truth, points in zip(rows[row], rows["truth"], real, strict=True):
            own = found_points(made[:: options.pose_every])
            found.append(measured(made, truth) | {"pose": pose_error(own, points)})
        scores[row] = {column: [entry[column] for entry in found] for column in COLUMNS}
    if options.out:
        options.out.write_text(json.dumps(scores), "utf-8")
    print(f"{len(real)} held-out clips.\n")
    print(table(scores))
    print()
    print(orderings(scores))


def load_rows(path: Path) -> dict[str, np.ndarray]:
    """Videos (N, T, H, W, 3) by row, of a zip of pictures row/clip/frame."""
    import zipfile

    rows: dict[str, dict[str, list[np.ndarray]]] = {}
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            row, clip, _ = name.split("/")
            data = np.frombuffer(archive.read(name), dtype=np.uint8)
            frame = cv2.cvtColor(cv2.imdecode(data, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
            rows.setdefault(row, {}).setdefault(clip, []).append(frame)
    return {row: np.stack([np.stack(c) for c in clips.values()]) for row, clips in rows.items()}


if __name__ == "__main__":
    main()
