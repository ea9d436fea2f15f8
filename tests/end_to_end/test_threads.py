"""The number of threads changes how long a command takes, and nothing else."""

from __future__ import annotations

from pathlib import Path

from same_bytes import digests

ROOT = Path(__file__).parents[2]
SONG, PICTURE = str(ROOT / "examples" / "song.wav"), str(ROOT / "examples" / "dancer.png")
COMMANDS = (
    # The network: it answers to the last bit of what it hears.
    ["generate", SONG, "--expert", "mace", "--motion-only", "--motion-out", "dance.npz",
     "--duration", "2", "--candidates", "1", "--sampling-steps", "2"],
    ["generate", SONG, PICTURE, "-o", "out.mp4", "--duration", "2", "--size", "96x128"],
)  # fmt: skip
THREADS = "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"
IN_TURN = f"""
import os, sys
os.chdir(sys.argv[1])
from macedance_cli.app import main
for arguments in {COMMANDS!r}:
    sys.argv = ["macedance", *arguments, "--workspace", "w"]
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise
"""


def test_one_thread_and_two_make_the_same_bytes(macedance, tmp_path: Path) -> None:
    made = []
    for threads in "12":
        (tmp_path / threads).mkdir()
        asked = dict.fromkeys(THREADS, threads)
        done = macedance(threads, program=("-c", IN_TURN), **asked)
        assert done.returncode == 0, done.stderr
        made.append(digests(tmp_path / threads))
    assert made[0] == made[1]
    assert len(made[0]) > 6
