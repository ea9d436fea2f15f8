"""InfiniteDance to look at, eight pictures a second: beside other experts, and its references.

    python benchmarks/infinitedance_sheet.py song.mp3 --style house --out sheets

Writes beside.png, the first seconds of what each expert dances to the song, and references.png: for
its first window the best dances that were found, the average that the network hears, and what it
made of it, before that is bent onto the beat. Without --style each chooses.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.body.preview import contact_sheet, stick_frames
from pipelines.motion.motion import Motion
from pipelines.motion_expert.experts import EXPERTS
from pipelines.motion_expert.infinitedance.features import decode
from pipelines.motion_expert.infinitedance.options import InfiniteDanceOptions
from pipelines.motion_expert.infinitedance.whole import load_whole
from pipelines.motion_expert.interface import DanceRequest
from pipelines.music.features import song_features
from pipelines.music.recipes.table import recipe_of
from pipelines.support.progress import SILENT

Picture = NDArray[np.uint8]
PER_SECOND, WIDTH, HEIGHT, BAND, GAP = 8, 80, 130, 18, 2
IN_A_LINE = 24
SHOWN = 3
"""References that are shown by themselves."""


def sheet(rows: Mapping[str, Motion], seconds: float) -> Picture:
    """Three seconds a line, the lines of a dance under its name; the camera goes along."""
    parts = []
    for name, motion in rows.items():
        slow = motion.sliced(0, min(motion.frames, round(seconds * motion.fps)))
        slow = slow.resampled(PER_SECOND)
        frames = list(
            stick_frames(slow.rotations(), slow.trans, WIDTH, HEIGHT, view="follow", fps=PER_SECOND)
        )
        count = round(seconds * PER_SECOND)
        frames += [np.full_like(frames[0], 255)] * (count - len(frames))
        line = contact_sheet(frames[:count], min(count, IN_A_LINE), GAP)
        band = np.full((BAND, line.shape[1], 3), 235, np.uint8)
        cv2.putText(band, name, (4, 13), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (0, 0, 0), 1, cv2.LINE_AA)
        parts += [band, line]
    return np.concatenate(parts)


def beside(request: DanceRequest, experts: Sequence[str], model: Path | None) -> dict[str, Motion]:
    """The dance of each expert of the table, as `generate` makes it."""
    rows = {}
    for name in experts:
        row = EXPERTS[name]
        dancer = row.load(model if name == "infinitedance" else None, "cpu", row.options())
        (danced,) = dancer.dance(request, SILENT)
        rows[f"{name}, {danced.motion.genre or 'no style of its own'}"] = danced.motion
    return rows


def of_references(request: DanceRequest, model: Path | None) -> dict[str, Motion]:
    """The best references, each alone, the average of all that are found, and the dance.

    Raises SystemExit where the model hears none.
    """
    dancer = load_whole(model, InfiniteDanceOptions(tempo_change=0.0))
    if (references := dancer.references) is None:
        raise SystemExit("this InfiniteDance hears no references: there is nothing to show")
    (danced,) = dancer.dance(request, SILENT)
    style = list(dancer.genres).index(danced.facts["style"])
    heard = request.heard_as(dancer.schema)
    music = heard.values[: dancer.window.rows(heard.fps)]
    genre = references.searched(style)
    found = references.rows_for(music, genre)
    names = [references.bank.recordings[references.bank.recording_N[row]] for row in found]
    single = references.motions(found[:SHOWN])
    rows = {f"found {n + 1}: {names[n]}": decode(single[n]) for n in range(len(single))}
    rows[f"average of {len(found)}, as it is heard"] = decode(references.for_music(music, genre))
    rows[f"made of it: {danced.facts['style']}"] = danced.motion
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw both sheets."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("song", type=Path)
    parser.add_argument("--style", default="", help="asked of every expert")
    parser.add_argument("--start", type=float, default=5.0, help="second of the song")
    parser.add_argument("--seconds", type=float, default=6.0, help="that are drawn")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--experts", nargs="+", choices=EXPERTS,
                        default=["library", "mace", "megadance", "infinitedance"])  # fmt: skip
    parser.add_argument("--model", type=Path, help="a trained InfiniteDance; else what ships")
    parser.add_argument("--out", type=Path, default=Path("sheets"))
    asked = parser.parse_args(arguments)
    music = song_features(asked.song, asked.start, max(asked.seconds, 12.0), SILENT)
    hears = EXPERTS["infinitedance"].hears
    recipe = recipe_of(hears(asked.model)) if hears is not None else None
    heard = recipe and recipe.of_song(asked.song, asked.start, max(asked.seconds, 12.0), SILENT)
    styles = ((0.0, asked.style),) if asked.style else ()
    request = DanceRequest(music, styles, asked.seed, heard=heard)
    asked.out.mkdir(parents=True, exist_ok=True)
    for name, rows in (
        ("beside", beside(request, asked.experts, asked.model)),
        ("references", of_references(request, asked.model)),
    ):
        picture = cv2.cvtColor(sheet(rows, asked.seconds), cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(asked.out / f"{name}.png"), picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])
        print(asked.out / f"{name}.png")


if __name__ == "__main__":
    main()
