"""`macedance evaluate` as a shell sees it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pipelines.body.stick_body import skeleton_body


@pytest.fixture
def dances(tmp_path: Path, tiny_dance: Path) -> Path:
    for name in ("a", "b", "truth"):
        (tmp_path / name).mkdir()
        with np.load(tiny_dance) as archive:
            content = dict(archive)
        for number in range(5):
            random = np.random.default_rng([ord(name[0]), number])
            wobble = np.sin(np.arange(90)[:, None] / 5) * random.normal(0, 0.1, (1, 72))
            poses = content["poses"] + wobble.astype(np.float32)
            np.savez(tmp_path / name / f"{number}.npz", **content | {"poses": poses})
    return tmp_path


COMMAND = ("evaluate", "--protocol", "motion-3d", "--truth", "truth")


def test_table_json_and_plan(here, dances, tiny_song) -> None:
    music = ("--music", str(tiny_song))
    code, out, _ = here(*COMMAND, "--pred", "a", *music, "--dry-run", "--json")
    assert code == 0
    assert json.loads(out)["clips of pred"] == 5
    assert not (dances / "workspace").exists()
    code, out, err = here(*COMMAND, "--pred", "a", *music, "--markdown", "t.md")
    assert code == 0, err
    for word in ("motion-3d, profile strict", "FID_k ↓", "BAS ↑", "chance for pred", "floor"):
        assert word in out
    assert "report: workspace/evaluations/motion-3d-strict-" in err
    assert "warning: pred: 5 clips for" in err
    assert (dances / "t.md").read_text().startswith("**motion-3d")
    code, out, _ = here(*COMMAND, "--pred", "a", *music, "--json")
    result = json.loads(out)
    assert Path(result["folder"], "report.html").is_file()
    assert result["rows"]["pred"]["jitter"]["n"] == 5


def test_two_systems(here, dances) -> None:
    code, out, err = here(*COMMAND, "--compare", "ours=a", "theirs=b")
    assert code == 0, err
    assert "ours against theirs, on the same clips" in out


def test_some_clips_fail(here, dances) -> None:
    (dances / "a" / "0.npz").write_bytes(b"nothing")
    (dances / "a" / "9.bvh").write_text("nothing")
    code, out, err = here(*COMMAND, "--pred", "a")
    assert code == 5
    assert "FSR" in out
    assert "left out: pred/0: a/0.npz: broken .npz" in err
    assert "2 clips could not be measured: pred/0, pred/9" in err
    assert "pred without truth: 1 (9)" in err


def test_refusals(here, dances) -> None:
    assert here("evaluate")[0] == 2
    assert here(*COMMAND, "--pred", "nowhere")[0] == 3
    assert here(*COMMAND, "--pred", "a", "--profile", "other")[0] == 2
    code, out, err = here(*COMMAND, "--pred", "a", "--profile", "mace2d-official")
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 2
    (dances / "c.toml").write_text('[evaluate]\nprotocol = "motion-3d"\ntruth = "truth"\nseed = 3')
    assert here("evaluate", "--config", "c.toml", "--pred", "a", "--dry-run")[0] == 0


def test_a_study_is_made_and_judged(here, dances, monkeypatch) -> None:
    monkeypatch.setattr(
        "pipelines.evaluation.study.parts.open_body", lambda kind, look: skeleton_body()
    )
    study = ("evaluate", "--protocol", "user-study")
    compare = ("--compare", "ours=a", "theirs=b", "truth=truth", "--clip-seconds", "0.3")
    code, out, err = here(*study, *compare, "--dry-run", "--json")
    assert (code, json.loads(out)["pairs of ours / theirs"]) == (0, 5)
    code, out, err = here(*study, *compare, "--trials", "2", "--catch-trials", "0")
    assert code == 0, err
    page = Path(out.strip())
    assert page.is_file() and "one file with all clips in it" in err
    key = json.loads((page.parent / "study.json").read_text())
    for number, name in enumerate(("one.json", "two.json")):
        answers = [
            {"pair": pair, "left": of["one"], "right": of["other"], "choice": "left",
             "ratings": {side: {"quality": 4} for side in ("left", "right")}}
            for pair, of in key["pairs"].items()
        ]  # fmt: skip
        Path(name).write_text(json.dumps({
            "format": key["format"], "study": key["study"], "rater": str(number), "code": "",
            "saved": "", "finished": True, "answers": answers[:2],
        }))  # fmt: skip
    code, out, err = here(*study, "--ratings", "one.json", "two.json")
    assert code == 0, err
    assert "Ratings from 1 to 5 by 2 people" in out and "Krippendorff" in out
    Path("three.json").write_text("{")
    code, out, err = here(*study, "--ratings", "one.json", "two.json", "three.json", "--json")
    assert code == 5 and json.loads(out)["unusable"] == {"three.json": "not JSON, or cut short"}
    assert "left out: three.json: not JSON" in err and "1 files could not be used" in err
    code, _, err = here(*study, "--ratings", "one.json", "--workspace", "elsewhere")
    assert code == 4 and "which elsewhere does not have" in err
