"""The table as Markdown, and the plots."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from quality.clips import FPS, Clip

from pipelines.metrics.joints import foot_speed
from pipelines.support.files import atomic_path, read_json

Row = dict[str, Any]

_COLUMNS = (
    ("dances", "N", "{:.0f}"), ("fid_k", "FID_k", "{:.1f}"), ("fid_l", "FID_log k", "{:.1f}"),
    ("fid_g", "FID_g", "{:.1f}"), ("fid_k_all", "FID_k all", "{:.1f}"),
    ("fid_l_all", "FID_log k all", "{:.1f}"), ("fid_g_all", "FID_g all", "{:.1f}"),
    ("div_k", "DIV_k", "{:.1f}"), ("div_g", "DIV_g", "{:.1f}"), ("fsr", "FSR", "{:.3f}"),
    ("pfc", "PFC", "{:.2f}"), ("jitter", "jitter", "{:.0f}"), ("speed", "speed", "{:.2f}"),
    ("steps_per_second", "steps/s", "{:.2f}"), ("bas_music", "BAS", "{:.3f}"),
    ("chance_music", "chance", "{:.3f}"), ("above_music", "BAS - chance", "{:+.3f}"),
)  # fmt: skip
_LOCKING = (
    ("resultant", "R own song", "{:.2f}"), ("phase", "phase", "{:+.2f}"),
    ("half_phase", "phase, half a beat later", "{:+.2f}"),
    ("foreign", "R foreign songs", "{:.2f}"), ("single", "R of one dance", "{:.2f}"),
    ("foreign_single", "same, foreign", "{:.2f}"),
)  # fmt: skip


def metric_table(rows: Sequence[tuple[str, Row]]) -> str:
    """Distances, physics and beat alignment; 95 % intervals in brackets."""
    return _table(("", *(title for _, title, _ in _COLUMNS)), rows, _COLUMNS)


def locking_table(rows: Sequence[tuple[str, Row]], speed: str) -> str:
    """Phase locking of one speed curve."""
    lines = [(name, row["locking"][speed]) for name, row in rows if "locking" in row]
    return _table((f"{speed}", *(title for _, title, _ in _LOCKING)), lines, _LOCKING)


def _table(head: Sequence[str], rows: Sequence[tuple[str, Row]], columns: Any) -> str:
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    for name, row in rows:
        cells = [_cell(row, key, form) for key, _, form in columns]
        lines.append(" | ".join([name, *cells]))
    return "\n".join(f"| {line} |" for line in lines)


def _cell(row: Row, key: str, form: str) -> str:
    value = row.get(key)
    if value is None or not np.isfinite(value):
        return ""
    text = form.format(value)
    between = row.get(f"{key}_interval")
    if between is None:
        return text
    return f"{text} [{form.format(between[0])}, {form.format(between[1])}]"


def document(folder: Path, parts: Sequence[str]) -> str:
    """All that has been measured into a folder, as Markdown."""
    known = {p: read_json(folder / f"{p}.json") for p in parts if (folder / f"{p}.json").exists()}
    sections = []
    if "table" in known:
        sections += _table_sections(known["table"])
    if "hearing" in known:
        part = known["hearing"]
        columns = tuple((str(i), f"step {step}", "{:.5f}") for i, step in enumerate(part["steps"]))
        rows = [(n, {str(i): v for i, v in enumerate(e)}) for n, e in part["errors"].items()]
        sections.append(_table(("error, music heard", *(c[1] for c in columns)), rows, columns))
    if "bent" in known:
        rows = list(known["bent"]["rows"].items())
        sections += [metric_table(rows), *(locking_table(rows, s) for s in ("feet", "body"))]
    if "delay" in known:
        sections += _delay_sections(known["delay"])
    if "beta" in known:
        sections += _beta_sections(known["beta"])
    return "\n\n".join(sections) + "\n"


def _table_sections(part: Row) -> list[str]:
    rows = list(part["rows"].items())
    about, windows, takes = part["about"], part["floor_windows"], part["floor_takes"]
    genre = part["genre"]
    lines = [
        f"Checkpoint {about['checkpoint'][:12]}, step {about['step']}; {len(about['songs'])} songs "
        f"of {about['seconds']:.0f} s; {about['sampling']}.",
        metric_table(rows),
        f"Floor of FID: {_floor(windows)} between random halves of the held-out windows "
        f"({windows['windows']:.0f} each); {_floor(takes)} between halves that share no take.",
        *(locking_table(rows, speed) for speed in ("feet", "body")),
    ]
    told = [f"Genre recognised in windows of 5 s (chance {genre['chance']:.2f}):", ""]
    for name in ("training takes, each left out", "held-out takes", "generated",
                 "untrained network"):  # fmt: skip
        share, balanced = genre[name]
        text = f"- {name}: {share:.2f}, averaged over genres {balanced:.2f}"
        if between := genre.get(f"{name}, interval"):
            text += f" [{between[0]:.2f}, {between[1]:.2f}]"
        told.append(text)
    return [*lines, "\n".join(told)]


def _floor(found: Row) -> str:
    return ", ".join(
        f"{name} {found[key]:.1f}"
        for key, name in (("fid_k", "k"), ("fid_l", "log k"), ("fid_g", "g"))
        if key in found
    )


def _delay_sections(part: Row) -> list[str]:
    columns = (
        ("dances", "N", "{:.0f}"), ("delay", "song delayed, beats", "{:.2f}"),
        ("answer", "dance delayed, beats", "{:.2f}"), ("coherence", "coherence", "{:.2f}"),
        ("lag_correlation", "correlation moved", "{:.2f}"),
        ("still_correlation", "unmoved", "{:.2f}"),
    )  # fmt: skip
    rows = [
        (f"{name}, {speed}", {**row, "answer_interval": row["interval"]})
        for name in ("network alone", "as generate makes it")
        for speed in ("feet", "body")
        for row in part[name][speed]
    ]
    return [_table(("", *(title for _, title, _ in columns)), rows, columns)]


def _beta_sections(part: Row) -> list[str]:
    columns = (
        ("dances", "N", "{:.0f}"), ("fid_k", "FID_k", "{:.1f}"), ("fid_g", "FID_g", "{:.1f}"),
        ("div_k", "DIV_k", "{:.1f}"), ("div_g", "DIV_g", "{:.1f}"),
        ("same_song", "between seeds, m", "{:.3f}"), ("resultant", "R feet", "{:.2f}"),
        ("body", "R body", "{:.2f}"), ("speed", "speed", "{:.2f}"), ("jitter", "jitter", "{:.0f}"),
        ("fsr", "FSR", "{:.3f}"),
    )  # fmt: skip
    rows = [(f"{row['beta']}", row) for row in part["rows"]]
    return [_table(("beta", *(title for _, title, _ in columns)), rows, columns)]


def plot_losses(log: Path, path: Path) -> None:
    """Training and held-out losses of a `log.jsonl`."""
    plt = _pyplot()
    entries = [json.loads(line) for line in log.read_text().splitlines() if line.strip()]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4))
    train = [e for e in entries if e["kind"] == "train"]
    held = [e for e in entries if e["kind"] == "validation" and "loss" in e]
    for axis, names in ((left, ("loss",)), (right, ("reconstruction", "joints", "velocity"))):
        for colour, name in enumerate(names):
            shade = f"C{colour}"
            axis.plot(*_curve(train, name), color=shade, alpha=0.5, label=f"{name}, training")
            axis.plot(*_curve(held, name), "o-", color=shade, label=f"{name}, held-out takes")
        axis.set(xlabel="step", yscale="log")
        axis.legend(fontsize=8)
        axis.grid(alpha=0.3)
    _save(figure, path)


def _curve(entries: Sequence[Row], name: str) -> tuple[list[int], list[float]]:
    known = [(e["step"], e[name]) for e in entries if name in e]
    return [k for k, _ in known], [v for _, v in known]


def plot_beta(sweep: Sequence[Row], path: Path) -> None:
    """Diversity and fidelity over beta."""
    plt = _pyplot()
    panels = (
        (("fid_k", "FID_k"), ("fid_g", "FID_g")), (("div_k", "DIV_k"), ("div_g", "DIV_g")),
        (("same_song", "joint distance between seeds, m"),), (("resultant", "R of the feet"),),
    )  # fmt: skip
    figure, axes = plt.subplots(1, len(panels), figsize=(15, 3.6))
    betas = [row["beta"] for row in sweep]
    for axis, names in zip(axes, panels, strict=True):
        for key, title in names:
            axis.plot(betas, [row[key] for row in sweep], "o-", label=title)
            if f"{key}_interval" in sweep[0]:
                low, high = zip(*(row[f"{key}_interval"] for row in sweep), strict=True)
                axis.fill_between(betas, low, high, alpha=0.2)
        axis.set(xlabel="beta")
        axis.legend(fontsize=8)
        axis.grid(alpha=0.3)
    _save(figure, path)


def plot_speed_over_beat(sets: dict[str, Sequence[Clip]], path: Path) -> None:
    """Mean foot speed over two beats, relative to each dance's own mean."""
    plt = _pyplot()
    figure, axis = plt.subplots(figsize=(7, 4))
    phase = np.linspace(0, 2, 65)
    for name, clips in sets.items():
        curves = [_over_beats(clip, phase) for clip in clips if len(clip.beats) > 3]
        axis.plot(phase, np.mean(curves, axis=0), label=f"{name} ({len(curves)})")
    for beat in (0, 1, 2):
        axis.axvline(beat, color="k", lw=0.6, ls=":")
    axis.set(xlabel="beats", ylabel="foot speed / its mean")
    axis.legend(fontsize=8)
    _save(figure, path)


def _over_beats(clip: Clip, phase: Any) -> Any:
    speed = foot_speed(clip.joints, FPS)
    number = np.arange(len(clip.beats))
    starts = number[:-2]
    times = np.interp(starts[:, None] + phase, number, clip.beats)
    sampled = np.interp(times, np.arange(len(speed)) / FPS, speed)
    return sampled.mean(axis=0) / max(float(speed.mean()), 1e-9)


def plot_responses(responses: dict[str, Sequence[Row]], path: Path) -> None:
    """Delay of the dance over delay of the song."""
    plt = _pyplot()
    figure, axis = plt.subplots(figsize=(5, 4.5))
    axis.plot([0, 1], [0, 1], "k:", label="dance moves with the song")
    axis.axhline(0, color="0.6", ls="--", label="dance ignores the song")
    for name, rows in responses.items():
        x, y = [0.0], [0.0]
        for row in rows:
            x.append(row["delay"])
            y.append(row["answer"])
            axis.plot([x[-1]] * 2, row["interval"], color="C0" if name == "feet" else "C1")
        axis.plot(x, y, "o-", color="C0" if name == "feet" else "C1", label=name)
    axis.set(xlabel="song delayed by (beats)", ylabel="dance delayed by (beats)")
    axis.legend(fontsize=8)
    _save(figure, path)


def save_picture(picture: NDArray[np.uint8], path: Path) -> None:
    """Write an RGB picture as PNG."""
    import cv2

    with atomic_path(path) as temporary:
        cv2.imwrite(str(temporary), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))


def _pyplot() -> Any:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    return plt


def _save(figure: Any, path: Path) -> None:
    figure.tight_layout()
    with atomic_path(path) as temporary:
        figure.savefig(temporary, format="png", dpi=110)
