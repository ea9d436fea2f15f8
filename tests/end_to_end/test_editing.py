"""From a song to a file whose dance is new in one stretch and the same to the bit elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
DANCER, SONG = ROOT / "examples" / "dancer.png", ROOT / "examples" / "song.wav"


@pytest.mark.parametrize("expert", ["library", "mace"])
def test_a_song_is_danced_and_a_stretch_of_it_danced_anew(
    macedance: Callable, motion_model: Path, tmp_path: Path, expert: str
) -> None:
    from pipelines.media.video import probe_video
    from pipelines.motion.npz import load_npz

    own = [] if expert == "library" else [
        "--motion-model", str(motion_model), "--sampling-steps", "4",
    ]  # fmt: skip
    song = ["generate", str(SONG), "--duration", "4", "--seed", "3", *own]
    done = macedance(*song, "--motion-only", "--motion-out", "dance.npz")
    assert done.returncode == 0, done.stderr
    edit = [*song, str(DANCER), "-o", "out.mp4", "--size", "96x128", "--motion-out", "new.npz",
            "--edit", "dance.npz", "--json"]  # fmt: skip
    done = macedance(*edit, "--redo", "1:2.6")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    before, after = (load_npz(tmp_path / name) for name in ("dance.npz", "new.npz"))
    stays = np.r_[0:30, 78 : before.frames]
    assert after.frames == before.frames == 120
    np.testing.assert_array_equal(after.poses[stays], before.poses[stays])
    np.testing.assert_array_equal(after.trans[stays], before.trans[stays])
    assert np.abs(after.poses[40:70] - before.poses[40:70]).max() > 0.05
    assert probe_video(tmp_path / "out.mp4").frames == 120

    done = macedance(*edit, "--redo", "0:01.0-0:02.60")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["run"] == report["run"]
    assert "out.mp4 is there already" in done.stderr


def test_a_plan_that_faces_holds_and_likes_is_danced_and_refused_by_others(
    macedance: Callable, motion_model: Path, tmp_path: Path
) -> None:
    from pipelines.motion.npz import load_npz

    song = ["generate", str(SONG), "--duration", "8", "--motion-only"]
    done = macedance(*song, "--dry-run", "--bars")
    assert done.returncode == 0, done.stderr
    assert macedance(*song, "--motion-out", "a.npz", "--genre", "krump").returncode == 0
    parts = """
like = "a.npz"

[[part]]
from = 0
facing = "left"

[[part]]
from = 4
to = 6
hold = true
"""
    (tmp_path / "plan.toml").write_text(parts)
    asked = [*song, "--plan", "plan.toml", "--motion-out", "b.npz"]
    done = macedance(*asked, "--json")
    assert done.returncode == 0, done.stderr
    styles = {part["genre"] for part in json.loads(done.stdout)["motion"]["parts"]}
    assert "krump" in styles
    joints = load_npz(tmp_path / "b.npz").joints()
    speed = np.linalg.norm(np.diff(joints, axis=0), axis=-1).mean(1) * 30
    assert speed[135:165].max() < 0.05 < 0.3 < speed[:105].mean()
    across = (joints[:, 1, :2] - joints[:, 2, :2]).mean(0)
    assert across[1] < 0 and abs(across[0]) < -across[1]

    done = macedance(*asked, "--motion-model", str(motion_model), "--force")
    assert done.returncode == 2 and "means nothing to --expert mace" in done.stderr
    (tmp_path / "plan.toml").write_text(parts.replace('facing = "left"', 'style = "hous"'))
    done = macedance(*asked, "--force")
    assert done.returncode == 2 and "plan.toml, line 6: style = 'hous': unknown" in done.stderr
