"""kill -9 at random moments: run again, a command ends as one that nobody disturbed.

A round is one to twelve kills of the same command in the same place, and then a run to the end.
Half of the kills fall by the clock, anywhere in the run; half fall on a change of the disk (a file
opened to be written, renamed, removed, a program started), which is where a clock seldom hits.
In half of the rounds only the command itself is killed, as a machine out of memory does, and its
workers and ffmpeg have to end by themselves; in the other half all of them at once.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import shutil
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

from hard import forked
from hard.counts import Counts
from hard.materials import make_materials
from same_bytes import stable

PATIENCE = 10.0
"""Seconds in which what a killed command has started must have ended, too."""
LONGEST = 900.0
"""Seconds after which a run hangs. On a busy machine one of these takes minutes."""
ENDED = -signal.SIGKILL
MOST = 12
"""Kills in a round."""
TIMED = re.compile(r"events\.out\.tfevents\.|\.html$")
"""Files whose names or contents hold the time of day: they have to be there, and no more."""
RECORDS = re.compile(r"(^|/)runs/|(^|/)run\.json$")
"""What tells how a run went, such as what it found finished: it has to say that it is done."""


@dataclass(frozen=True)
class Case:
    """A command on tiny inputs; {m} is their folder. What it writes lies in its own folder."""

    name: str
    arguments: str
    share: int = 1
    """How many rounds it gets for one of the others'."""


CASES = (
    Case("generate, dance", "generate {m}/song.wav --motion-only --motion-out dance.npz", 2),
    Case("generate, video", "generate {m}/song.wav {m}/dancer.png -o out.mp4 --duration 2 "
         "--size 192 --motion-out dance.bvh", 2),
    Case("render, one dance", "render {m}/dances/1.npz -o look.mp4 --music {m}/song.wav "
         "--size 90x160 --export glb --export bvh", 2),
    Case("render --src", "render --src {m}/dances --size 90x160 --export bvh --workers 1 "
         "--music {m}/dances", 2),
    Case("render --src, 2 workers", "render --src {m}/dances --size 90x160 --workers 2"),
    Case("curate", "curate --src {m}/videos --workers 1 --min-side 64 --test-share 0", 2),
    Case("train-motion", "train-motion --data {m}/pairs --run r --preset tiny --window 30 "
         "--stride 10 --batch-size 4 --steps 20 --validate-every 10 --checkpoint-every 5 "
         "--threads 1 --keep 2 --device cpu", 2),
    Case("train-appearance", "train-appearance --data {m}/clips --model {m}/wan --run r "
         "--size 32x48 --frames 5 --rank 4 --relay 1 --references 2 --steps 4 --batch-size 2 "
         "--validate-every 2 --checkpoint-every 2 --sample-every 4 --wan-sampling-steps 1 "
         "--lr 1e-2 --device cpu --threads 1", 2),
    Case("evaluate", "evaluate --protocol motion-3d --pred {m}/dances --music {m}/dances "
         "--csv table.csv --markdown table.md", 2),
)  # fmt: skip


@dataclass
class Round:
    """What came of some kills and the run after them."""

    kills: int = 0
    survived: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Undisturbed:
    """A run that nobody disturbed: what it left, its seconds, and its changes of the disk."""

    left: dict[str, str]
    seconds: float
    changes: int


def kill_often(
    folder: Path, counts: Counts, wanted: int, seed: int, only: str = "", tell: bool = True
) -> None:
    """Rounds of every command in turn until so many kills are counted."""
    forked.load_everything()
    materials = made_apart(folder / "materials")
    cases = [case for case in CASES for _ in range(case.share) if only in case.name]
    known: dict[str, Undisturbed] = {}
    number = counts.total("kills", "kills")
    while counts.total("kills", "kills") < wanted:
        case = cases[number % len(cases)]
        number += 1
        if case.name not in known:
            known[case.name] = undisturbed(case, materials, folder / "undisturbed")
        chance = random.Random(f"{seed} {number} {counts.total('kills', 'kills')}")
        done = one_round(case, known[case.name], materials, folder / "round", chance)
        counts.add("kills", case.name, kills=done.kills, rounds=1, faults=bool(done.faults))
        for fault in done.faults:
            counts.note("kills", f"{case.name}: {fault}")
            if tell:
                print(f"{case.name}: {fault}", flush=True)
    shutil.rmtree(folder / "round", ignore_errors=True)


def one_round(
    case: Case, whole: Undisturbed, materials: Path, folder: Path, chance: random.Random
) -> Round:
    """Kill the command one to twelve times in a fresh folder, let it end, and look."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "tmp").mkdir(parents=True)
    os.environ["TMPDIR"] = str(folder / "tmp")
    result = Round()
    everyone = chance.random() < 0.5
    for _ in range(chance.randint(1, MOST)):
        code = _killed(case, whole, materials, folder, chance, everyone)
        if code != ENDED:
            result.survived += 1
            break
        result.kills += 1
    else:
        code = _run(case, materials, folder)
    if code != 0:
        said = (folder / "said").read_text(errors="replace").strip()[-400:]
        result.faults.append(f"exit {code} after {result.kills} kills: {said}")
    result.faults += [f"orphan: {line}" for line in forked.orphans(PATIENCE)]
    result.faults += _differences(whole.left, left_behind(folder))
    return result


def _killed(
    case: Case, whole: Undisturbed, materials: Path, folder: Path, chance: random.Random,
    everyone: bool,
) -> int | None:  # fmt: skip
    arguments, said = case_arguments(case, materials), folder / "said"
    if chance.random() < 0.5:
        prepare = forked.kill_at_change(chance.randint(1, whole.changes))
        process = forked.begin(arguments, folder, said, prepare)
        code = forked.wait(process, LONGEST)
    else:
        process = forked.begin(arguments, folder, said)
        code = forked.wait(process, forked.moment(chance, whole.seconds))
        if code is None:
            if everyone:
                forked.kill_all(process)
            else:
                os.kill(process, signal.SIGKILL)
            code = forked.wait(process, LONGEST)
    if everyone:  # what has just lost its parent
        for orphan in forked.descendants(os.getpid()):
            forked.kill_all(orphan)
    return code


def _run(case: Case, materials: Path, folder: Path) -> int | None:
    process = forked.begin(case_arguments(case, materials), folder, folder / "said")
    code = forked.wait(process, LONGEST)
    if code is None:
        forked.kill_all(process)
        forked.wait(process, LONGEST)
    return code


def undisturbed(case: Case, materials: Path, folder: Path) -> Undisturbed:
    """Run a command to its end, twice, and once more to count its changes of the disk."""
    for attempt in range(2):  # the first one compiles and reads what the second finds in memory
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "tmp").mkdir(parents=True)
        os.environ["TMPDIR"] = str(folder / "tmp")
        begin = time.monotonic()
        code = _run(case, materials, folder)
        seconds = time.monotonic() - begin
        assert code == 0, (case.name, attempt, (folder / "said").read_text())
    left = left_behind(folder)
    shutil.rmtree(folder)
    (folder / "tmp").mkdir(parents=True)
    note = folder / "changes"
    prepare = forked.count_changes(note)
    process = forked.begin(case_arguments(case, materials), folder, folder / "said", prepare)
    assert forked.wait(process, LONGEST) == 0
    return Undisturbed(left, seconds, note.stat().st_size)


def case_arguments(case: Case, materials: Path) -> list[str]:
    """Its words, with a workspace in the folder that it runs in."""
    return [*case.arguments.format(m=materials).split(), "--workspace", "w"]


def left_behind(folder: Path) -> dict[str, str]:
    """Every file below a folder with the digest of what does not depend on the time of day."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name in ("said", "changes", "tmp") or path.name.startswith("."):
            if ".part" in path.name:
                found[re.sub(r"-[^-]*-\d+-\d+-\w+", "-*", name)] = "part"
            continue
        if path.is_symlink():
            found[name] = f"-> {os.readlink(path)}"
        elif path.is_dir():
            found[name] = "folder"
        elif TIMED.search(path.name):
            found[_without_time(name)] = "there"
        elif RECORDS.search(name):
            found[name] = json.loads(path.read_text())["status"]
        else:
            found[name] = _digest(path)
    return found


def _without_time(name: str) -> str:
    return re.sub(r"tfevents\..*", "tfevents", name)


def _digest(path: Path) -> str:
    content = path.read_bytes()
    if path.suffix == ".safetensors":
        # Names and values of what is told beside the tensors come in any order.
        size = 8 + int.from_bytes(content[:8], "little")
        told = json.dumps(json.loads(content[8:size]), sort_keys=True).encode()
        content = told + content[size:]
    if path.name == "log.jsonl":
        content = b"\n".join(_without_means(line) for line in content.splitlines())
    if path.suffix in (".json", ".jsonl"):
        lines = content.splitlines() if path.suffix == ".jsonl" else [content]
        content = json.dumps([stable(json.loads(line)) for line in lines], sort_keys=True).encode()
    return hashlib.sha256(content).hexdigest()


def _without_means(line: bytes) -> bytes:
    """A line of a training log; means since the last line are over fewer steps after a kill."""
    entry = json.loads(line)
    kept = ("step", "kind") if entry["kind"] == "train" else entry
    return json.dumps({name: entry[name] for name in kept}).encode()


def _differences(whole: dict[str, str], left: dict[str, str]) -> list[str]:
    lost = [f"lost: {name}" for name in whole if name not in left]
    more = [f"left over: {name}" for name in left if name not in whole]
    other = [f"differs: {name}" for name in whole if name in left and whole[name] != left[name]]
    return lost + more + other


def made_apart(folder: Path) -> Path:
    """The materials, made in a process of its own, so that this one stays without threads."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            make_materials(folder)
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, "materials"
    return folder
