"""A library of one's own: made, made again, stopped in between, and danced from."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipelines.motion.motion import Motion
from pipelines.motion.npz import save_npz
from pipelines.motion_expert.experts import EXPERTS, model_folder
from pipelines.motion_expert.interface import DanceRequest, Made
from pipelines.motion_expert.library.making import make_library, plan_library
from pipelines.motion_expert.library.making_options import LibraryMakingOptions
from pipelines.motion_expert.library.storage import load_library
from pipelines.motion_expert.training.settings import TrainMotionConfig
from pipelines.music.features import MusicFeatures
from pipelines.support.errors import BadUsage, MissingAsset, UnsuitableInput
from pipelines.support.files import read_json
from pipelines.support.progress import SILENT, Silent

OWN = LibraryMakingOptions(lively=0.05)
FILES = ("library.safetensors", "library.json", "CARD.md", "options.json")
Dancing = Callable[..., Motion]


class Heard(Silent):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def warn(self, message: str) -> None:
        self.lines.append(message)


@pytest.fixture(scope="module")
def mine(dancing: Dancing, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three polkas, two salsas, a take that is too short and a file that is none."""
    folder = tmp_path_factory.mktemp("mine")
    for style, tempi in (("polka", (100, 112, 124)), ("salsa", (96, 108))):
        for bpm in tempi:
            motion = replace(dancing(bpm, seconds=12), genre=None)
            save_npz(motion, folder / style / f"{bpm}.npz")
    save_npz(dancing(120, seconds=2.6), folder / "short.npz")
    (folder / "broken.bvh").write_text("nothing")
    return folder


def config(data: Path, workspace: Path, **changes: object) -> TrainMotionConfig:
    base = TrainMotionConfig(data=(data,), workspace=workspace, expert="library", run="r")
    return replace(base, **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def made(mine: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make_library(config(mine, tmp_path_factory.mktemp("w")), OWN, SILENT)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in FILES}


def test_a_folder_becomes_a_library_with_card_and_record(made: Made, mine: Path) -> None:
    library = load_library(made.folder)
    assert [(t.name, t.genre) for t in library.takes] == [
        ("polka/100", "polka"), ("polka/112", "polka"), ("polka/124", "polka"),
        ("salsa/108", "salsa"), ("salsa/96", "salsa"),
    ]  # fmt: skip
    assert {line.split(":")[0] for line in made.left_out} == {"broken.bvh", "short"}
    assert made.takes == 5 and made.minutes == pytest.approx(1.0, abs=0.1)
    record = read_json(made.folder / "run.json")
    assert (record["command"], record["status"], record["facts"]["takes"]) == (
        "train-motion", "done", 5,
    )  # fmt: skip
    assert len(record["outputs"]) == 3
    assert "short: 2.6 s of dance, too short" in (made.folder / "CARD.md").read_text()


def test_the_same_again_gives_the_same_bytes(mine: Path, made: Made, tmp_path: Path) -> None:
    again = make_library(config(mine, tmp_path), OWN, SILENT)
    before = bytes_of(again.folder)
    assert before == bytes_of(made.folder)
    make_library(config(mine, tmp_path), OWN, SILENT)
    assert bytes_of(again.folder) == before


def test_a_stop_loses_no_more_than_the_take_in_hand(mine: Path, made: Made, tmp_path: Path) -> None:
    class Stopped(Silent):
        def stage(self, name: str, total: float | None = None, unit: str = ""):  # type: ignore[no-untyped-def]
            from contextlib import contextmanager

            @contextmanager
            def opened():  # type: ignore[no-untyped-def]
                done = []

                def advance(amount: float) -> None:
                    done.append(amount)
                    if len(done) == 3:
                        raise KeyboardInterrupt

                yield advance

            return opened()

    with pytest.raises(KeyboardInterrupt):
        make_library(config(mine, tmp_path), OWN, Stopped())
    folder = tmp_path / "models" / "motion" / "r"
    assert not (folder / "library.json").exists()
    assert read_json(folder / "run.json")["status"] == "failed"
    assert plan_library(config(mine, tmp_path))["read before"] >= 2
    assert bytes_of(make_library(config(mine, tmp_path), OWN, SILENT).folder) == bytes_of(
        made.folder
    )


def test_the_plan_reads_and_writes_nothing(mine: Path, tmp_path: Path) -> None:
    plan = plan_library(config(mine, tmp_path))
    assert (plan["takes"], plan["with a song"], plan["read before"]) == (7, 0, 0)
    assert list(tmp_path.iterdir()) == []


def test_takes_may_be_held_out(mine: Path, tmp_path: Path) -> None:
    found = make_library(config(mine, tmp_path, hold_out=("salsa/96",)), OWN, SILENT)
    assert found.takes == 4 and "salsa/96: held out" in found.left_out
    with pytest.raises(UnsuitableInput, match="no take is called waltz"):
        make_library(config(mine, tmp_path, run="o", hold_out=("waltz",)), OWN, SILENT)


def test_another_run_of_that_name_is_not_written_over(
    mine: Path, tmp_path: Path, dancing: Dancing
) -> None:
    make_library(config(mine, tmp_path), OWN, SILENT)
    before = bytes_of(tmp_path / "models" / "motion" / "r")
    save_npz(dancing(100, seconds=8), tmp_path / "other" / "a.npz")
    with pytest.raises(BadUsage, match="begun with --data"):
        make_library(config(tmp_path / "other", tmp_path), OWN, SILENT)
    assert bytes_of(tmp_path / "models" / "motion" / "r") == before


def test_one_file_is_a_library_with_a_word_about_it(mine: Path, tmp_path: Path) -> None:
    heard = Heard()
    found = make_library(config(mine / "polka" / "112.npz", tmp_path), OWN, heard)
    assert found.takes == 1 and any("one take only" in line for line in heard.lines)
    (danced,) = _dances(found.folder, _song(20))
    assert danced.motion.frames == 600


@pytest.mark.parametrize("kind", ["empty", "short", "still", "broken"])
def test_what_holds_no_dance_is_refused_with_the_reason(
    kind: str, dancing: Dancing, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    said = {"empty": "no motion file", "short": "too short", "still": "hardly moves",
            "broken": "broken.bvh"}[kind]  # fmt: skip
    if kind == "short":
        save_npz(dancing(120, seconds=2.8), data / "a.npz")
    if kind == "still":
        save_npz(dancing(120, seconds=8), data / "a.npz")
    if kind == "broken":
        (data / "broken.bvh").write_text("x")
    with pytest.raises(UnsuitableInput) as caught:
        make_library(config(data, tmp_path / "w"), LibraryMakingOptions(lively=5.0), SILENT)
    assert said in f"{caught.value.what} {caught.value.hint}"
    assert not (tmp_path / "w" / "models" / "motion" / "r" / "library.json").exists()


def test_a_dance_without_steps_to_count_is_none(dancing: Dancing, tmp_path: Path) -> None:
    motion = dancing(120, seconds=8)
    poses = motion.poses.copy()
    poses[:, [1, 2, 4, 5, 7, 8]] = 0  # only the arms move
    poses[:, 16:18] *= 3
    save_npz(replace(motion, poses=poses), tmp_path / "data" / "a.npz")
    with pytest.raises(UnsuitableInput) as caught:
        make_library(config(tmp_path / "data", tmp_path), LibraryMakingOptions(0.0), SILENT)
    assert "no steps to count" in caught.value.hint


def _song(seconds: float, bpm: float = 110.0) -> MusicFeatures:
    from pipelines.music import layout

    values = np.zeros((max(1, round(seconds * 30)), layout.WIDTH), np.float32)
    if bpm:
        at = np.round(np.arange(0.1, seconds - 0.1, 60 / bpm) * 30).astype(int)
        values[at, layout.beats] = values[at, layout.peaks] = 1
    return MusicFeatures(values)


def _dances(folder: Path, song: MusicFeatures, **known: object):  # type: ignore[no-untyped-def]
    row = EXPERTS["library"]
    heard = known.pop("heard", SILENT)
    request = DanceRequest(song, **known)  # type: ignore[arg-type]
    return row.load(folder, "cpu", row.options()).dance(request, heard)


@pytest.mark.parametrize(("seconds", "bpm"), [(2.0, 120.0), (2.0, 0.0), (12.0, 0.0), (30.0, 128.0)])
def test_any_song_gets_a_dance_of_it(made: Made, seconds: float, bpm: float) -> None:
    heard = Heard()
    (danced,) = _dances(made.folder, _song(seconds, bpm), heard=heard)
    danced.motion.validate()
    assert danced.motion.frames == round(30 * seconds)
    assert bool(bpm) or any("no steady beat" in line for line in heard.lines)
    # Salsa of the table dances only when asked for, a style of one's own always.
    assert {part["genre"] for part in danced.facts["parts"]} == {"polka"}


def test_its_styles_can_be_asked_for_and_no_other(made: Made) -> None:
    (danced,) = _dances(made.folder, _song(12), styles=((0.0, "Salsa"),))
    assert "salsa" in {part["genre"] for part in danced.facts["parts"]}
    with pytest.raises(BadUsage, match="--genre waltz") as caught:
        _dances(made.folder, _song(12), styles=((0.0, "waltz"),))
    assert "polka, salsa" in caught.value.hint


def test_a_library_of_nothing_but_styles_to_be_asked_for_dances_all_the_same(
    mine: Path, tmp_path: Path
) -> None:
    found = make_library(config(mine / "salsa", tmp_path), OWN, SILENT)
    (danced,) = _dances(found.folder, _song(12))
    assert {part["genre"] for part in danced.facts["parts"]} == {"salsa"}


def test_generate_finds_it_by_folder_and_by_run(made: Made, tmp_path: Path) -> None:
    workspace = made.folder.parents[2]
    assert model_folder(made.folder, tmp_path) == made.folder
    assert model_folder(Path("r"), workspace) == made.folder
    with pytest.raises(MissingAsset, match="no such folder, nor a run"):
        model_folder(Path("s"), workspace)


@pytest.mark.parametrize(
    ("change", "said"),
    [({"version": 9}, "version 9"), ({"takes": []}, "holds no dance"),
     ({"format": "cake"}, "not the card"), ({"sha256": "0"}, "damaged or not the one")],
)  # fmt: skip
def test_a_library_that_is_none_of_ours_is_refused(
    made: Made, tmp_path: Path, change: dict[str, object], said: str
) -> None:
    card = json.loads((made.folder / "library.json").read_text())
    (tmp_path / "library.json").write_text(json.dumps(card | change))
    (tmp_path / "library.safetensors").write_bytes(
        (made.folder / "library.safetensors").read_bytes()
    )
    with pytest.raises(UnsuitableInput, match=said):
        _dances(tmp_path, _song(4))
    if "sha256" not in change:  # before any work
        with pytest.raises(UnsuitableInput, match=said):
            EXPERTS["library"].identity(tmp_path)
