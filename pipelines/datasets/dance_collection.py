"""Every dance whose weights and pieces may ship, read the same way: CMU, AIST++ and G1 Moves.

Standing heads and tails are cut off, feet planted, rhythm read, rigid wrists bent. Takes that
hardly move are named and left out. Which files are which is told by their names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pipelines.datasets import aistpp_bvh, aistpp_heights, g1_moves
from pipelines.datasets.cmu import Take, read_takes
from pipelines.datasets.dance_take import DanceCollection, DanceTake, planted
from pipelines.motion.grounding import on_floor, settled
from pipelines.motion.motion import Motion
from pipelines.motion.standing import dancing_part
from pipelines.motion.wrists import are_rigid, learned_wrists, with_wrists
from pipelines.rhythm.pulses import Pulses, salsa_pulses, tracked_pulses
from pipelines.support.conventions import LIVELY
from pipelines.support.errors import MacedanceError, UnsuitableInput
from pipelines.support.progress import SILENT, Progress

_CMU_GENRES = {"breakdance": "break"}
_CMU_LICENCE = "CMU (free for any use)"
_GRID_CONFIDENCE = 0.6


def read_collection(
    folders: Sequence[Path], lively: float = LIVELY, progress: Progress = SILENT
) -> DanceCollection:
    """Every known take under the folders.

    Raises:
        UnsuitableInput: no such folder, or not one known take in it.
    """
    found = DanceCollection()
    files = [path for folder in folders for path in sorted(folder.rglob("*.bvh"))]
    street = [path for path in files if aistpp_bvh.parse_name(path.stem)]
    sources = {
        path.name.removesuffix(aistpp_heights.SUFFIX): path
        for folder in folders
        for path in sorted(folder.rglob(f"*{aistpp_heights.SUFFIX}"))
    }
    robot = [path for path in files if path.stem in g1_moves.GENRES]
    with progress.stage("reading AIST++ and G1 Moves", len(street) + len(robot), "takes") as step:
        for path in [*street, *robot]:
            try:
                found.takes.append(
                    aist_dance(path, sources.get(path.stem)) if path in street else g1_dance(path)
                )
            except MacedanceError as error:
                found.left_out.append(_without_folder(error.what))
            step(1)
    try:
        known = read_takes(folders, progress)
        # Files of the other collections are strangers to this table.
        strangers = "not in the table"
        found.left_out += [_without_folder(line) for line in known.skipped if strangers not in line]
        found.takes += cmu_dances(known.takes)
    except UnsuitableInput:
        if not found.takes:
            raise
    lively_ones = found.lively_only(lively)
    return replace(lively_ones, takes=_with_wrists(lively_ones.takes))


def _with_wrists(takes: Sequence[DanceTake]) -> list[DanceTake]:
    """AIST++'s rigid wrists bent as the dancers of G1 Moves bend theirs."""
    habit = learned_wrists([t.motion for t in takes if t.collection == g1_moves.COLLECTION])
    if habit is None:
        return list(takes)
    return [
        replace(take, motion=with_wrists(take.motion, habit)) if are_rigid(take.motion) else take
        for take in takes
    ]


def _without_folder(line: str) -> str:
    """A line about a file without the folders before its name."""
    path, colon, reason = line.partition(": ")
    return f"{Path(path).name}{colon}{reason}"


def aist_dance(path: Path, heights: Path | None) -> DanceTake:
    """A take of AIST++ as BVH; raises UnsuitableInput for a broken one."""
    name = aistpp_bvh.parse_name(path.stem)
    assert name is not None
    motion, contacts = aistpp_bvh.read_take(path, heights)
    grid = Pulses(aistpp_bvh.beat_grid(name, motion.seconds), _GRID_CONFIDENCE, known=True)
    return DanceTake(
        path.stem, replace(motion, genre=name.genre, source=path.stem), contacts, name.genre,
        (grid,), f"AIST {name.dancer}", name.choreography, name.choreography,
        aistpp_bvh.COLLECTION, aistpp_bvh.LICENCE, root_estimated=True,
    )  # fmt: skip


def g1_dance(path: Path) -> DanceTake:
    """A take of G1 Moves; raises UnsuitableInput for a broken one."""
    genre = g1_moves.GENRES[path.stem]
    motion, contacts = planted(g1_moves.read_take(path))
    count = salsa_pulses([motion]) if genre == "salsa" else tracked_pulses(motion)
    return DanceTake(
        path.stem, replace(motion, genre=genre, source=path.stem), contacts, genre, count,
        g1_moves.performer(path.stem), path.stem, path.stem,
        g1_moves.COLLECTION, g1_moves.LICENCE,
    )  # fmt: skip


def cmu_dances(takes: Sequence[Take]) -> list[DanceTake]:
    """Takes of CMU; of couples both partners are to be among them, so that they share a count."""
    result = []
    for take in takes:
        name = take.name.split("__")[1]
        genre = _CMU_GENRES.get(take.motion.genre or "", take.motion.genre or "")
        motion, contacts = planted(settled(on_floor(take.motion)))
        count = salsa_pulses(_together(take, takes)) if take.couple else tracked_pulses(motion)
        result.append(
            DanceTake(
                name,
                replace(motion, genre=genre, source=name),
                contacts,
                genre,
                count,
                f"CMU {name.split('_')[0]}",
                take.group,
                take.group,
                "CMU",
                _CMU_LICENCE,
                take.couple,
            )
        )
    return result


def _together(take: Take, takes: Sequence[Take]) -> list[Motion]:
    """The dancing part of a take and the same moments of the partner's, where whole."""
    start, stop = dancing_part(take.motion)
    partners = [
        other.motion
        for other in takes
        if other.group == take.group and other.motion.frames == take.motion.frames
    ]
    return [motion.sliced(start, stop) for motion in partners]
