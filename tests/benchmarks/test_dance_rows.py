"""Rows of trained models: intervals by leaving songs out, differences song by song, folders."""

import numpy as np
import pytest
from dance_rows import FIGURES, figures, half_width, model_folder, table, with_spread
from quality.clips import clip_of
from quality.measures import feature_set
from quality.real_dance import only

from pipelines.motion_expert.library.header import SHIPPED
from pipelines.motion_expert.library.storage import load_library


def test_the_interval_of_a_mean_is_its_standard_error_s():
    values = np.random.default_rng(0).normal(size=(14, 1))
    without = np.array([np.delete(values, n, 0).mean(0) for n in range(14)])
    error = values.std(ddof=1) / np.sqrt(14)
    assert half_width(without) == pytest.approx(1.96 * error)


def test_a_difference_that_is_the_same_for_every_song_is_sure():
    without = np.random.default_rng(0).normal(size=(5, len(FIGURES)))
    rows = {"one": (np.zeros(len(FIGURES)), without), "two": (np.ones(len(FIGURES)), without + 1)}
    lines = table(rows).splitlines()
    assert [line.split("|")[1].strip() for line in lines[2:]] == [
        "one", "two", "... to the row above"
    ]  # fmt: skip
    cells = [cell.split() for cell in lines[-1].split("|")[2:-1]]
    assert all(cell[0] == "+1" and float(cell[2]) < 1e-6 for cell in cells)


def test_real_dance_against_itself(dance):
    clips = [
        clip_of(dance(seed, frames=255, size=0.1), np.arange(0, 8, 0.5), "house", name, name)
        for seed, name in enumerate("aabbc")
    ]
    reference = feature_set(clips)
    found, without = with_spread(clips, lambda some: figures(some, reference))
    assert without.shape == (3, len(FIGURES))
    np.testing.assert_allclose(found[:3], 0, atol=1e-6)
    assert (found[3:5] > 0).all() and (without[:, 0] > 0).all()


def test_a_library_without_a_collection(tmp_path):
    library = load_library(SHIPPED)
    few = [t for t in library.takes if t.collection == "G1 Moves"][:1]
    few += [t for t in library.takes if t.collection == "CMU"][:1]
    rest = only(library, few)
    place = model_folder("library-without:CMU", rest, tmp_path)
    assert [t.collection for t in load_library(place).takes] == ["G1 Moves"]
    assert len(load_library(model_folder("library", rest, tmp_path)).takes) == 2
    assert model_folder("shipped", rest, tmp_path) is None
    assert model_folder("runs/row0", rest, tmp_path).name == "row0"
