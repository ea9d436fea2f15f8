"""Studies of tiny dances, and people who answer them without a browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines.body.stick_body import skeleton_body
from pipelines.evaluation.settings import EvaluateConfig
from pipelines.evaluation.study.design import CATCH, Design
from pipelines.evaluation.study.making import make_study, study_key
from pipelines.evaluation.study.page import FORMAT
from pipelines.motion.npz import save_npz
from pipelines.support.progress import SILENT

CRITERIA = ("quality", "synchrony", "creativity")


@pytest.fixture
def folders(tmp_path: Path, dance) -> Path:
    """a/, b/ and c/ with three dances each of less than half a second."""
    for place, name in enumerate("abc"):
        (tmp_path / name).mkdir()
        for number in range(3):
            save_npz(dance(10 * place + number, 12, size=0.4), tmp_path / name / f"{number}.npz")
    return tmp_path


@pytest.fixture
def config(folders: Path, tiny_song: Path, monkeypatch: pytest.MonkeyPatch) -> EvaluateConfig:
    # The lightest body: a dressed one takes a second.
    monkeypatch.setattr(
        "pipelines.evaluation.study.parts.open_body", lambda kind, look: skeleton_body()
    )
    return EvaluateConfig(
        protocol="user-study", music=tiny_song, workspace=folders / "w",
        compare=(f"ours={folders}/a", f"theirs={folders}/b", f"truth={folders}/c"),
    )  # fmt: skip


@pytest.fixture
def made(config: EvaluateConfig) -> tuple[EvaluateConfig, str, Design]:
    """A study that was made: how to judge it, its name, and the key to it."""
    study = make_study(config, SILENT)["run"]
    key = study_key(config.workspace, study)
    assert key is not None
    return replace(config, compare=(), music=None), study, Design.of_key(key)


@pytest.fixture
def answered(tmp_path: Path) -> Callable[..., Path]:
    """Write the file of a person who prefers some systems to others, and rates them so."""

    def write(
        study: str, design: Design, likes: dict[str, float], seed: int = 0,
        pairs: int | None = None, careless: bool = False, **changes: Any,
    ) -> Path:  # fmt: skip
        random = np.random.default_rng(seed)
        answers = []
        # Catch pairs first, so that whoever stops has seen some.
        order = sorted(design.pairs, key=lambda name: (design.pairs[name].group != CATCH, name))
        for name in order[:pairs]:
            pair = design.pairs[name]
            sides = dict(zip(("left", "right"), random.permutation([pair.one, pair.other]),
                             strict=True))  # fmt: skip
            liked = {side: _liking(design, clip, likes) for side, clip in sides.items()}
            noise = random.normal(0, 3 if careless else 0.3, 2)
            felt = {side: value * (not careless) + more
                    for (side, value), more in zip(liked.items(), noise, strict=True)}  # fmt: skip
            grades = {side: int(np.clip(round(3 + value), 1, 5)) for side, value in felt.items()}
            answers.append({
                "pair": name, **{side: str(clip) for side, clip in sides.items()},
                "choice": max(felt, key=lambda side: felt[side]), "seconds": 2.0,
                "ratings": {side: dict.fromkeys(CRITERIA, grade) for side, grade in grades.items()},
            })  # fmt: skip
        content = {
            "format": FORMAT, "study": study, "rater": f"r{seed}", "code": "", "started": "2026",
            "saved": "2026-11-30T00:00:00Z", "finished": pairs is None, "trials": design.trials,
            "answers": answers, **changes,
        }  # fmt: skip
        file = tmp_path / f"answers-{len(list(tmp_path.glob('answers-*')))}.json"
        file.write_text(json.dumps(content))
        return file

    return write


def _liking(design: Design, clip: str, likes: dict[str, float]) -> float:
    seen = design.clips[clip]
    return -3.0 if seen.distorted else likes[seen.system]
