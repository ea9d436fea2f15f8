"""Whether this tree makes the same bytes as another commit, command by command.

    python benchmarks/same_bytes.py COMMIT [--only generate render] [--keep FOLDER]

Checks out COMMIT beside this tree, runs the same commands with both, and compares what they wrote:
videos, motions, keypoints and files for other tools byte by byte, JSON without times, versions,
names of runs and paths. Options that changed their name are given to each by the name it knows.
Ends with 1 where something differs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SONG, PICTURE = "examples/song.wav", "examples/dancer.png"
COMPARED = {".mp4", ".npz", ".glb", ".bvh", ".png", ".safetensors", ".json", ".jsonl", ".csv"}
LEFT_OUT = {"run.json"}
UNSTABLE = re.compile(
    r"time|seconds|version|started|argv|folder|run$|sha256|source|path|record|table|report|digest"
)
HEXADECIMAL = re.compile(r"[0-9a-f]{8,}")
"""Ids that derive from options may differ with their names; contents may not."""


@dataclass(frozen=True)
class Run:
    """One command line; {here} is the tree's own scratch folder."""

    name: str
    arguments: tuple[str, ...]


RUNS = (
    Run("generate", (
        "generate", SONG, PICTURE, "-o", "{here}/out.mp4", "--duration", "4", "--seed", "3",
        "--expert", "mace",
        "--sampling-steps", "6", "--candidates", "2", "--size", "480", "--motion-out",
        "{here}/dance.npz",
    )),
    Run("generate", (
        "generate", SONG, PICTURE, "-o", "{here}/tiny.mp4", "--duration", "2", "--size", "128",
        "--motion", "{here}/dance.npz", "--appearance", "tiny", "--wan-sampling-steps", "2",
        "--device", "cpu",
    )),
    Run("render", (
        "render", "{here}/dance.npz", "--music", SONG, "-o", "{here}/look.mp4", "--size",
        "180x320", "--export", "glb", "--export", "bvh", "--camera", "orbit",
    )),
    Run("render", (
        "render", "--src", "{here}/dance.npz", "--vary", "--size", "180x320", "--seed", "2",
    )),
    Run("curate", (
        "curate", "--src", "{here}/out.mp4", "--src", "{here}/look.mp4", "--min-shot", "5",
        "--min-side", "64", "--min-person", "32",
    )),
    Run("evaluate", (
        "evaluate", "--protocol", "motion-3d", "--pred", "{here}/dance.npz", "--music", SONG,
        "--csv", "{here}/motion.csv",
    )),
    Run("evaluate", (
        "evaluate", "--protocol", "motion-appearance", "--pred", "{here}/out.mp4",
        "--csv", "{here}/video.csv",
    )),
)  # fmt: skip
FORMER = {"--sampling-steps": "--steps", "--wan-sampling-steps": "--wan-steps"}


def main() -> int:
    """Run both, compare, and print a line for each file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("commit")
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        scratch = asked.keep or Path(made)
        other = scratch / "commit"
        add = ["git", "worktree", "add", "--detach", "--force", str(other), asked.commit]
        subprocess.run(add, cwd=ROOT, check=True, capture_output=True)
        try:
            found = [_made(tree, scratch / name, asked.only)
                     for name, tree in (("before", other), ("after", ROOT))]  # fmt: skip
        finally:
            remove = ["git", "worktree", "remove", "--force", str(other)]
            subprocess.run(remove, cwd=ROOT, check=True)
    return _compare(*found)


def _made(tree: Path, here: Path, only: list[str]) -> dict[str, list[str]]:
    """Run every command with one tree; digests of what they made."""
    here.mkdir(parents=True)
    for run in RUNS:
        if only and run.name not in only and run.name != "generate":
            continue
        arguments = [part.format(here=here) for part in run.arguments]
        done = _called(tree, here, arguments)
        if done.returncode == 2:
            done = _called(tree, here, _as_before(arguments))
        print(f"{here.name}: macedance {' '.join(arguments[:2])} ...: exit {done.returncode}")
        if done.returncode not in (0, 5):
            print(done.stderr, file=sys.stderr)
    return digests(here)


def digests(here: Path) -> dict[str, list[str]]:
    """Digests of what lies in a folder, by name; of JSON, of what stays the same from run to run.

    Ids are left out of the names, so that several files may share one.
    """
    found: dict[str, list[str]] = {}
    for file in sorted(path for path in here.rglob("*") if path.suffix in COMPARED):
        parts = file.relative_to(here).parts
        if file.name not in LEFT_OUT and not {"runs", "cache"} & set(parts):
            found.setdefault(HEXADECIMAL.sub("*", "/".join(parts)), []).append(_digest(file))
    return {name: sorted(each) for name, each in found.items()}


def _as_before(arguments: list[str]) -> list[str]:
    """The command line as trees of before 2026-11-30 know it."""
    former = [FORMER.get(part, part) for part in arguments]
    if "--expert" in former:
        place = former.index("--expert")
        former[place : place + 2] = []
    return former


def _called(tree: Path, here: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-m", "macedance_cli.app", *arguments, "--workspace", str(here / "w")],
        cwd=tree, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def _digest(file: Path) -> str:
    content = file.read_bytes()
    if file.suffix == ".json":
        content = json.dumps(stable(json.loads(content)), sort_keys=True).encode()
    elif file.suffix == ".jsonl":
        lines = [json.loads(line) for line in content.splitlines()]
        content = json.dumps([stable(line) for line in lines], sort_keys=True).encode()
    return hashlib.sha256(content).hexdigest()


def stable(value: Any) -> Any:
    """A JSON value without what changes from run to run, or with the tree's place."""
    if isinstance(value, dict):
        return {k: stable(v) for k, v in value.items() if not UNSTABLE.search(k)}
    if isinstance(value, list):
        return [stable(part) for part in value]
    if isinstance(value, str) and (os.sep in value or HEXADECIMAL.search(value)):
        return "..."
    return value


def _compare(before: dict[str, list[str]], after: dict[str, list[str]]) -> int:
    differing = 0
    for name in sorted(before | after):
        same = before.get(name) == after.get(name)
        differing += not same
        lacking = "only before" if name not in after else "only after" if name not in before else ""
        print(f"{'same' if same else lacking or 'DIFFERS':<12} {name}")
    print(f"{len(before)} files before, {len(after)} after, {differing} differ")
    return int(differing > 0)


if __name__ == "__main__":
    sys.exit(main())
