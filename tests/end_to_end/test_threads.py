"""The number of threads changes how long a command takes, and nothing else."""

from __future__ import annotations

from pathlib import Path

from same_bytes import digests

ROOT = Path(__file__).parents[2]


def test_one_thread_and_two_make_the_same_bytes(macedance, tmp_path: Path) -> None:
    made = []
    for threads in "12":
        (tmp_path / threads).mkdir()
        done = macedance(
            "generate", str(ROOT / "examples" / "song.wav"), str(ROOT / "examples" / "dancer.png"),
            "-o", f"{threads}/out.mp4", "--workspace", threads,
            "--duration", "2", "--size", "96x128",
            OMP_NUM_THREADS=threads,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        made.append(digests(tmp_path / threads))
    assert made[0] == made[1]
    assert len(made[0]) > 4
