from __future__ import annotations

import tarfile
from pathlib import Path

import numpy as np
import pytest

from pipelines.datasets.cmu import read_takes
from pipelines.motion.motion import Motion
from pipelines.motion.npz import save_npz
from pipelines.support.errors import UnsuitableInput


def write_take(path: Path, fps: float = 30.0, frames: int = 240, step: float = 0.0) -> None:
    """A dancer who bows slowly, arms down; `step` metres to the side from the middle on."""
    poses = np.zeros((frames, 24, 3), dtype=np.float32)
    poses[:, 0, 0] = np.pi / 2
    poses[:, [16, 17], 2] = (-1.2, 1.2)
    poses[:, 3, 0] = 0.3 * np.sin(np.arange(frames) / 20)
    trans = np.tile(np.array([0, 0, 0.95], dtype=np.float32), (frames, 1))
    trans[frames // 2 :, 0] += step
    path.parent.mkdir(parents=True, exist_ok=True)
    save_npz(Motion(poses, trans, fps), path)


def test_names_genres_and_groups_come_from_the_table(tmp_path: Path) -> None:
    for name in ("85_03_30fps", "61_02_scaled", "60_02_scaled", "dab", "131_04", "05_02"):
        write_take(tmp_path / "archive" / f"{name}.npz")
    found = read_takes([tmp_path])
    assert [(take.name, take.group) for take in found.takes] == [
        ("salsa__60_02", "salsa__60_02"),
        ("salsa__61_02", "salsa__60_02"),
        ("modern__05_02", "modern__05_02"),
        ("breakdance__85_03", "breakdance__85_03"),
        ("jackson__131_04", "jackson__131_04"),
        ("hiphop__dab", "hiphop__dab"),
    ]
    assert [take.motion.genre for take in found.takes[:3]] == ["salsa", "salsa", "modern"]
    assert {take.motion.source for take in found.takes} == {take.name for take in found.takes}
    assert found.skipped == []


def test_salsa_headers_are_corrected(tmp_path: Path) -> None:
    write_take(tmp_path / "60_01.npz", fps=120.0, frames=240)
    [take] = read_takes([tmp_path]).takes
    assert take.motion.fps == 30
    assert take.motion.seconds == pytest.approx(4.0)


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    write_take(tmp_path / "a" / "94_01.npz")
    write_take(tmp_path / "b" / "94_01.npz")
    write_take(tmp_path / "05_01.npz")
    write_take(tmp_path / "lafan1_dance.npz")
    write_take(tmp_path / "131_01.npz", step=3.0)
    write_take(tmp_path / "131_03.npz", frames=60)
    (tmp_path / "131_02.npz").write_bytes(b"PK broken")
    found = read_takes([tmp_path])
    assert [take.name for take in found.takes] == ["indian__94_01", "jackson__131_01"]
    said = "\n".join(found.skipped)
    for reason in ("05_01.npz: a walk", "lafan1_dance.npz: not in the table", "the same take as",
                   "131_02.npz", "131_03.npz: no 2.5 s"):  # fmt: skip
        assert reason in said
    [repaired] = found.repaired
    assert "131_01.npz: 6 frames bridged, 0 cut" in repaired


def test_a_jump_to_another_place_parts_the_take(tmp_path: Path) -> None:
    write_take(tmp_path / "60_09.npz", fps=60.0, frames=400)
    with np.load(tmp_path / "60_09.npz") as archive:
        values = dict(archive)
    values["trans"][190:210:4, 0] += 3
    np.savez(tmp_path / "60_09.npz", **values)
    found = read_takes([tmp_path])
    assert [(t.name, t.group) for t in found.takes] == [
        ("salsa__60_09a", "salsa__60_09"),
        ("salsa__60_09b", "salsa__60_09"),
    ]
    assert len(found.repaired) == 1


def test_folders_without_known_takes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsuitableInput, match="no such folder"):
        read_takes([tmp_path / "missing"])
    write_take(tmp_path / "mine.npz")
    with pytest.raises(UnsuitableInput, match="no take of the table"):
        read_takes([tmp_path])


def test_real_salsa_take(shared_data: Path, tmp_path: Path) -> None:
    """60_10 has two impossible spans, one long enough to part it; its true rate is 60."""
    archive = shared_data / "motion" / "cmu-60-61-salsa.tar.xz"
    if not archive.is_file():
        pytest.skip("no shared salsa archive")
    with tarfile.open(archive) as stream:
        member = next(m for m in stream if m.name.endswith("60_10_scaled.bvh"))
        stream.extract(member, tmp_path, filter="data")
    found = read_takes([tmp_path])
    assert [(t.name, t.motion.frames) for t in found.takes] == [
        ("salsa__60_10a", 145),
        ("salsa__60_10b", 437),
    ]
    for take in found.takes:
        pelvis = take.motion.trans[:, 2]
        assert 0.85 < np.median(pelvis) < 1.0
