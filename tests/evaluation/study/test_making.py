"""A study of folders: its page and key, found again, and refused where it would tell too much."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines.evaluation.study.making import make_study, plan_study, study_key
from pipelines.motion.npz import save_npz
from pipelines.support.errors import UnsuitableInput
from pipelines.support.progress import SILENT


def test_page_and_key(config, folders):
    plan = plan_study(config, SILENT)
    assert (plan["pairs of ours / theirs"], plan["trials"], plan["finished"]) == (3, 12, False)
    assert not (folders / "w").exists()
    result = make_study(config, SILENT)
    assert Path(result["page"]).is_file() and result["made"] == ["study.html"]
    key = study_key(config.workspace, result["run"])
    assert key["systems"] == ["ours", "theirs", "truth"] and key["kind"] == "motion"
    assert key["criteria"] == ["quality", "synchrony", "creativity"]
    assert len(key["clips"]) == 12 and sum(s["distorted"] for s in key["clips"].values()) == 3
    text = Path(result["page"]).read_text(encoding="utf-8")
    assert not any(f'"{word}"' in text for word in ("ours", "theirs", "truth", "catch"))
    assert "default-src 'none'" in text and "file:" not in text.partition("<title>")[0]
    again = make_study(config, SILENT)
    assert again["run"] == result["run"] and plan_study(config, SILENT)["finished"]


def test_the_same_folders_make_the_same_page(config, folders):
    one = Path(make_study(config, SILENT)["page"]).read_bytes()
    other = replace(config, workspace=folders / "v")
    assert Path(make_study(other, SILENT)["page"]).read_bytes() == one
    assert make_study(replace(config, seed=1), SILENT)["run"] != plan_study(config, SILENT)["run"]


def test_without_songs_nobody_is_asked_about_synchrony(config):
    result = make_study(replace(config, music=None), SILENT)
    assert study_key(config.workspace, result["run"])["criteria"] == ["quality", "creativity"]
    assert result["silent"] == ["0", "1", "2"]


def test_clips_of_one_name_end_together(config, folders, dance):
    save_npz(dance(99, 30), folders / "a" / "1.npz")
    result = make_study(replace(config, catch_trials=0), SILENT)
    key = study_key(config.workspace, result["run"])
    lengths = {key["seconds"][clip] for clip, seen in key["clips"].items() if seen["name"] == "1"}
    assert len(lengths) == 1 and lengths.pop() == pytest.approx(0.4, abs=0.05)


def test_videos_are_taken_where_all_have_them(config, folders, dancers):
    for name, seed in (("a", 1), ("b", 2)):
        (folders / name / "1.mp4").write_bytes(dancers("one", seed).read_bytes())
    compare = tuple(text for text in config.compare if not text.startswith("truth"))
    asked = replace(config, compare=compare, clip_seconds=0.5, catch_trials=1)
    result = make_study(asked, SILENT)
    key = study_key(config.workspace, result["run"])
    assert key["kind"] == "video" and len(key["pairs"]) == 2
    # With dances alone in c/, all of them are shown as dances.
    assert plan_study(config, SILENT)["pairs of ours / theirs"] == 3


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda folder: (folder / "b").rename(folder / "d"), "neither videos nor dances"),
        (lambda folder: [p.rename(p.with_name(f"x{p.name}")) for p in (folder / "b").iterdir()],
         "ours and theirs: no clip of one has the name of one of the other"),
        (lambda folder: (folder / "b" / "1.npz").write_bytes(b"nothing"), "1.npz"),
    ],
)  # fmt: skip
def test_folders_that_make_no_study(config, folders, change, says):
    change(folders)
    with pytest.raises(UnsuitableInput) as caught:
        make_study(config, SILENT)
    assert says in f"{caught.value.what} {caught.value.hint}"
    assert not list((folders / "w").glob("evaluations/*/study.html"))


def test_no_key_is_none(config, folders):
    assert study_key(folders, "user-study-strict-0000000000000000") is None
    result = make_study(config, SILENT)
    file = Path(result["folder"]) / "study.json"
    file.write_text(json.dumps({"format": "other"}))
    assert study_key(config.workspace, result["run"]) is None


def test_too_much_for_one_file_lies_beside(config, monkeypatch):
    monkeypatch.setattr("pipelines.evaluation.study.page.MOST_INSIDE", 1000)
    result = make_study(config, SILENT)
    folder = Path(result["folder"])
    assert "study-clips/body.js" in result["made"] and len(result["made"]) == 2 + 12 + 1
    assert (folder / "study.html").stat().st_size < 800_000
    assert all((folder / name).is_file() for name in result["made"])
    assert any(name.endswith(".m4a") for name in result["made"])
