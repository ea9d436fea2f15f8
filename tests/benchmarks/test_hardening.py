"""Kills, damaged files and full disks in short: docs/lab/hardening.md has the long version."""

import os
import random
import signal
import tempfile
from functools import partial

import pytest
from hard import hostile, kills, materials, places, seeds
from hard.counts import Counts
from hard.limited import outcomes
from hard.mutants import mutated

FILES = 25
DECODED = 6
"""Files of sound and video: ffmpeg is started for each, twice."""
HOSTILE = 8
MOMENTS = 3, 11
"""Changes of the disk at which a command is killed, one after the other, in the same place."""
KILLED = {
    "generate": "{m}/song.wav --motion-only --motion-out dance.npz --candidates 1",
    "render": "{m}/dances/1.npz -o look.mp4 --size 90x160 --export bvh",
    "train-motion": "--data {m}/pairs --run r --preset tiny --window 30 --stride 10 --batch-size 2 "
                    "--steps 4 --validate-every 2 --checkpoint-every 2 --threads 1 --device cpu",
}  # fmt: skip


@pytest.mark.parametrize("command", KILLED)
def test_a_killed_command_ends_as_one_that_nobody_disturbed(
    command, tmp_path, warm_commands, environment
):
    made = tmp_path / "made"
    (made / "dances").mkdir(parents=True)
    materials.song(made / "song.wav", 2.5)
    materials.dance(made / "dances" / "1.npz", 30, 1)
    materials._pairs(made / "pairs")
    words = kills.case_arguments(kills.Case("", f"{command} {KILLED[command]}"), made)

    def run(folder, killed_at=0):
        (folder / "tmp").mkdir(parents=True, exist_ok=True)
        known = {**environment, "TMPDIR": str(folder / "tmp")}
        return warm_commands.start(words, folder, known, killed_at).wait()

    assert run(tmp_path / "whole").returncode == 0
    codes = [run(tmp_path / "killed", moment).returncode for moment in MOMENTS]
    assert codes[0] == kills.ENDED  # a run that goes on has less to change
    last = run(tmp_path / "killed")
    assert last.returncode == 0, last.stderr
    left = kills.left_behind(tmp_path / "killed")
    assert left == kills.left_behind(tmp_path / "whole")
    assert len(left) > 3


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    "kind",
    ["wav", "mp3", "mp4", "png", "jpg", "webp", "bvh", "npz", "pkl", "keypoint JSON",
     "config TOML"],
)  # fmt: skip
def test_damaged_files_are_read_rightly_or_refused(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    originals = seeds.seeds_of(kind, tmp_path)
    read, chance, calls = seeds.readers()[kind], random.Random(0), []
    for original in originals:
        read(original)  # and what is imported or compiled is so now
    for number in range(DECODED if kind in ("wav", "mp3", "mp4") else FILES):
        original = chance.choice(originals)
        path = tmp_path / f"mutant{number}{original.suffix}"
        path.write_bytes(mutated(original.read_bytes(), chance))
        calls.append(partial(read, path))
    faults = [found for found in outcomes(calls, tmp_path) if found[0] not in ("right", "refused")]
    assert not faults


@pytest.mark.parametrize("kind", hostile.KINDS)
def test_hostile_files_are_refused_and_nothing_runs(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    hostile.import_readers(tmp_path)
    make, read = hostile.KINDS[kind]
    folder = tmp_path / "hostile"
    folder.mkdir()
    paths = [make(random.Random(number), folder / str(number)) for number in range(HOSTILE)]
    found = [kind for kind, _ in outcomes([partial(read, path) for path in paths], folder)]
    assert set(found) <= {"refused", "right"} and found.count("refused") >= HOSTILE - 2
    assert not (tmp_path / "was-run").exists()


def test_what_is_no_refusal_is_a_fault(tmp_path):
    def crash():
        os.kill(os.getpid(), signal.SIGKILL)

    elsewhere = tmp_path / "elsewhere"
    calls = [lambda: None, crash, lambda: 1 / 0, elsewhere.touch, lambda: bytearray(4 << 30)]
    kinds = [kind for kind, _ in outcomes(calls, tmp_path / "folder")]
    assert kinds == ["right", "crash", "traceback", "touched", "memory"]


def test_counts_go_on_where_they_stopped(tmp_path):
    Counts(tmp_path / "c.json").add("kills", "render", kills=3, faults=False)
    again = Counts(tmp_path / "c.json")
    again.add("kills", "render", kills=2)
    assert again.total("kills", "kills") == again.of("kills", "render", "kills") == 5
    assert "| render | 5 | 0 |" in again.table("kills")


def test_a_full_disk_and_a_read_only_place_are_told_and_nothing_is_left(
    macedance, tmp_path, tiny_dance
):
    command = ("render", str(tiny_dance), "-o", "disk/look.mp4", "--size", "96x160", "--workspace")
    try:
        with places.disk(tmp_path / "disk", 2 * places.PAGE) as disk:
            full = macedance(*command, "disk/w")
            left = [path.name for path in disk.rglob("*") if path.suffix in (".mp4", ".part")]
        with places.disk(tmp_path / "disk", places.ROOM) as disk:
            places.mount("remount", disk, "ro")
            refused = macedance(*command, "disk/w")
    except PermissionError as error:
        pytest.skip(str(error))
    assert full.returncode == 6 and "full" in full.stderr, full.stderr
    assert left == []
    assert refused.returncode == 3 and "Traceback" not in refused.stderr, refused.stderr
