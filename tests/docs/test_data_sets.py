"""The trees of docs/data-sets.md are read as they say; its table counts what the readers have."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipelines.datasets.aist import IGNORED_TAKES, TEST_TAKES
from pipelines.datasets.finedance import list_finedance
from pipelines.datasets.layouts import list_data_set
from pipelines.datasets.motorica import TEST_TAKES as MOTORICA_TEST
from pipelines.datasets.official import takes_of
from pipelines.datasets.split_names import check_split
from pipelines.evaluation.recordings import recorded_items

PAGE = (Path(__file__).parents[2] / "docs" / "data-sets.md").read_text(encoding="utf-8")
NAMES = {"finedance": "FineDance", "aist": "AIST++", "edge_aistpp": "AIST++",
         "motorica": "Motorica", "phantomdance": "PhantomDance"}  # fmt: skip


def trees() -> dict[str, list[tuple[str, str]]]:
    """By the top folder's name its files below, each with what stands beside it."""
    found: dict[str, list[tuple[str, str]]] = {}
    way: list[str] = []
    for block in re.findall(r"(?m)(?:^ {4}.*\n)+", PAGE.partition("## Splits")[0]):
        for line in block.splitlines():
            indent, name, said = re.fullmatch(r"( +)(\S+)(?: +(.*))?", line).groups()
            way[len(indent) // 4 - 1 :] = [name]
            if not name.endswith("/"):
                top, *below = way
                found.setdefault(top.strip("/"), []).append(("".join(below), said or ""))
    return {name: files for name, files in found.items() if name in NAMES}


@pytest.fixture(params=sorted(NAMES))
def made(request, tmp_path):
    """The tree of one data set on disk, and what the page says of its files."""
    files = trees()[request.param]
    for name, _ in files:
        path = tmp_path / request.param / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('{"bone_name": []}' if path.parent.name == "motion" else "")
    return request.param, tmp_path / request.param, files


def test_the_page_has_a_tree_for_each():
    assert sorted(trees()) == sorted(NAMES)


def test_a_tree_is_read_as_it_says(made):
    top, folder, files = made
    name, listing = list_data_set(folder)
    assert name == NAMES[top]
    said = {Path(file).stem: what for file, what in files if what and not file.endswith("/")}
    used = {stem: what for stem, what in said.items() if not what.startswith("left out")}
    splits = {take.name: take.split or "used" for take in listing.takes}
    assert splits == used
    left = {Path(line.split(": ")[0]).stem: line for line in listing.skipped}
    assert set(left) == set(said) - set(used)
    assert all("ignore list" in line for stem, line in left.items() if "ignore" in said[stem])
    sounds = {Path(file).stem for file, _ in files if file.endswith(".wav")}
    for take in listing.takes:
        song = take.music.stem if take.music else ""
        assert song in (take.name, *take.name.split("_")) if song else take.name not in sounds


def test_the_folder_of_motions_inside_stands_for_the_whole(tmp_path):
    for top in ("finedance", "edge_aistpp"):
        for name, _ in trees()[top]:
            path = tmp_path / top / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        (inside,) = {path.parent for path in (tmp_path / top).glob("motion*/*")}
        assert list_data_set(inside) == list_data_set(tmp_path / top)
        assert recorded_items(inside, None) == recorded_items(tmp_path / top, None)


def row(text: str) -> list[str]:
    (line,) = (line for line in PAGE.splitlines() if line.startswith(f"| {text}"))
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


def test_counts_of_finedance(tmp_path):
    for number in range(1, 212):
        path = tmp_path / "motion" / f"{number:03d}.npy"
        path.parent.mkdir(exist_ok=True)
        path.touch()
    takes = list_finedance(tmp_path).takes

    def count(split: str) -> str:
        check_split(split)
        return str(len(takes_of(takes, split, "")))

    train, _, test, _ = row("FineDance, by genre")
    assert (train, test.split()[0]) == (count("train"), count("test"))
    train, val, test, _ = row("FineDance, by dancer")
    assert train == count("dancer-train") and test == count("dancer-test")
    assert val.split()[0] == count("dancer-val")
    assert count("dancer-val+dancer-test") == "26"


def test_counts_of_the_others():
    train, val, test, left = row("AIST++, cross-modal")
    assert (test, left.split()[0]) == (str(len(TEST_TAKES)), str(len(IGNORED_TAKES)))
    assert not TEST_TAKES & IGNORED_TAKES and val == "20" and train == "952 of 980"
    assert row("Motorica")[2] == f"{len(MOTORICA_TEST)} takes"


def test_every_recipe_exists():
    for script in re.findall(r"python ((?:examples|benchmarks)/\S+\.py)", PAGE):
        assert (Path(__file__).parents[2] / script).is_file(), script
