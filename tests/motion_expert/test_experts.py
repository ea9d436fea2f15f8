"""The table of Motion Experts: every row whole, the right one chosen, the wrong one refused."""

import json

import pytest

from pipelines.motion_expert.experts import DEFAULT, EXPERTS, expert_of, model_folder
from pipelines.motion_expert.interface import (
    CANDIDATES,
    EDITING,
    ENERGY_OVER_TIME,
    GENRES,
    LIKENESS,
    STAGING,
    STYLES_OVER_TIME,
)
from pipelines.support.errors import BadUsage, MissingAsset
from pipelines.support.options import declared


@pytest.fixture(params=EXPERTS, ids=str)
def row(request):
    return EXPERTS[request.param]


SHIPPED = [name for name, row in EXPERTS.items() if row.check is not None]


@pytest.fixture(params=SHIPPED)
def shipped(request):
    return EXPERTS[request.param]


def test_every_row_has_options_with_defaults_that_hold(row):
    options = row.options()
    assert options.validate() is options
    assert all(one.option.help and one.option.panel for one in declared(row.options))
    every = {GENRES, CANDIDATES, STYLES_OVER_TIME, EDITING, ENERGY_OVER_TIME, LIKENESS, STAGING}
    assert row.abilities <= every
    assert row.help


def test_what_ships_is_whole_and_named_by_its_weights(shipped):
    assert "MB" in shipped.check()
    assert len(shipped.identity(None)) == 64
    assert {"library", "mace"} <= set(SHIPPED)


@pytest.mark.parametrize("name", sorted(EXPERTS.keys() - set(SHIPPED)))
def test_an_expert_that_does_not_ship_says_how_it_is_trained(name):
    row = EXPERTS[name]
    assert row.training is not None
    assert row.identity(None) == ""
    for ask in (row.genres, lambda folder: row.load(folder, "cpu", row.options())):
        with pytest.raises(MissingAsset, match="no weights of --expert") as caught:
            ask(None)
        assert "train" in caught.value.hint


def test_every_expert_that_dances_in_styles_knows_some(shipped):
    row = shipped
    assert bool(row.genres(None)) == (GENRES in row.abilities)
    for name in row.genres(None):
        assert row.find_genre(name.upper(), row.genres(None)) == name


def test_more_music_costs_more(shipped):
    row = shipped
    one, two = (row.cost(None, row.options(), seconds, 1) for seconds in (10, 20))
    assert 0 < one.seconds < two.seconds
    assert 0 < one.memory <= two.memory
    assert row.cost(None, row.options(), 10, 2).seconds > one.seconds


def test_no_two_experts_have_the_same_weights():
    assert len({EXPERTS[name].identity(None) for name in SHIPPED}) == len(SHIPPED)


def folder_of(tmp_path, **config):
    (tmp_path / "motion_expert.json").write_text(json.dumps(config))
    return tmp_path


def test_the_folder_says_whose_it_is(tmp_path):
    assert expert_of(None, None) == DEFAULT
    assert expert_of(None, folder_of(tmp_path)) == "mace"  # as folders were before they said so
    assert expert_of(None, folder_of(tmp_path, expert="mace")) == "mace"
    assert expert_of("mace", tmp_path) == "mace"


def test_a_folder_that_is_none_is_refused(tmp_path):
    with pytest.raises(MissingAsset, match="nowhere: no such folder"):
        expert_of(None, tmp_path / "nowhere")


def test_a_config_that_cannot_be_read_is_left_to_whoever_loads_it(tmp_path):
    (tmp_path / "motion_expert.json").write_text("{")
    assert expert_of("mace", tmp_path) == "mace"


def test_name_and_folder_must_agree(tmp_path, monkeypatch):
    monkeypatch.setitem(EXPERTS, "toy", EXPERTS["mace"])
    with pytest.raises(BadUsage, match=r"--expert toy: .* holds an expert mace"):
        expert_of("toy", folder_of(tmp_path))


def test_unknown_experts_are_named_with_those_that_there_are(tmp_path):
    with pytest.raises(BadUsage, match="--expert nobody") as caught:
        expert_of("nobody", None)
    assert "mace" in caught.value.hint
    with pytest.raises(BadUsage, match="holds an expert nobody"):
        expert_of(None, folder_of(tmp_path, expert="nobody"))


def test_a_run_of_a_network_is_its_best_checkpoint_or_its_newest(tmp_path):
    run = tmp_path / "models" / "motion" / "r"
    for name in ("step-1", "step-2"):
        (run / name).mkdir(parents=True)
        folder_of(run / name)
    (run / "latest").symlink_to("step-2")
    assert model_folder(run, tmp_path) == run / "latest"
    (run / "best").symlink_to("step-1")
    for given in (run, "r"):
        assert model_folder(type(run)(given), tmp_path) == run / "best"
    assert model_folder(run / "step-2", tmp_path) == run / "step-2"
    assert model_folder(None, tmp_path) is None
    assert model_folder(tmp_path, tmp_path) == tmp_path  # loading it says what is missing


def test_a_model_that_is_neither_folder_nor_run_is_refused(tmp_path):
    for given in ("nobody", "a/b"):
        with pytest.raises(MissingAsset, match=f"{given}: no such folder, nor a run"):
            model_folder(type(tmp_path)(given), tmp_path)
