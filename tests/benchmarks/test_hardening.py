"""A short version of the trial with damaged files: docs/hardening.md has the long one."""

import os
import random
import signal
from functools import partial

import pytest
from hard import places, seeds
from hard.counts import Counts
from hard.limited import outcomes
from hard.mutants import mutated

FILES = 25


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("kind", ["png", "jpg", "webp", "bvh", "npz", "pkl", "keypoint JSON"])
def test_damaged_files_are_read_rightly_or_refused(tmp_path, kind):
    made = {**seeds._motions(tmp_path), "keypoint JSON": seeds._points(tmp_path)}
    originals = made[kind] if kind in made else seeds._pictures(tmp_path, kind)
    read, chance, calls = seeds.readers()[kind], random.Random(0), []
    for original in originals:
        read(original)  # and what is imported or compiled is so now
    for number in range(FILES):
        original = chance.choice(originals)
        path = tmp_path / f"mutant{number}{original.suffix}"
        path.write_bytes(mutated(original.read_bytes(), chance))
        calls.append(partial(read, path))
    faults = [found for found in outcomes(calls, tmp_path) if found[0] not in ("right", "refused")]
    assert not faults


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
