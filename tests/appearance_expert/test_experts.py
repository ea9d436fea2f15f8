"""The table of Appearance Experts: every row whole, and what "auto" comes to mean."""

import subprocess
import sys

import pytest
from listener import Listener

from pipelines.appearance_expert.experts import (
    AUTO,
    EXPERTS,
    PREFERRED,
    choose,
    own_options,
    unseen_cost,
)
from pipelines.appearance_expert.interface import Order
from pipelines.support.errors import BadUsage, MissingAsset
from pipelines.support.options import declared, distinct


@pytest.fixture
def no_weights(monkeypatch, tmp_path):
    monkeypatch.delenv("MACEDANCE_WAN_MODEL", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))


def on_cpu(model=None):
    return Order(None if model is None else str(model), "cpu")


@pytest.mark.parametrize("row", EXPERTS.values(), ids=EXPERTS)
def test_every_row_has_options_with_defaults_that_hold(row):
    options = row.options()
    assert options.validate() is options
    assert all(one.option.help and one.option.panel for one in declared(row.options))
    assert row.inputs(options) == {}


def test_options_that_several_share_are_declared_alike():
    names = [one.name for one in distinct(row.options for row in EXPERTS.values())]
    assert len(set(names)) == len(names)
    assert {"profile", "prompt", "wan_sampling_steps", "projector"} <= set(names)


def test_auto_ends_with_one_that_runs_anywhere():
    last = EXPERTS[PREFERRED[-1]]
    assert last.unusable(Order(), last.options()) == ""


@pytest.mark.parametrize("name", [AUTO, "puppet"])
def test_without_weights_the_puppet_dances_and_says_so(no_weights, name):
    listener = Listener()
    choice = choose(name, {}, on_cpu())
    assert choice.load(on_cpu(), listener).name == "puppet"
    assert choice.facts()["draft"] is True
    assert "draft" in listener.warned[0]
    assert choice.because in listener.warned[0]


def test_weights_without_a_gpu_give_the_puppet(tiny_wan, monkeypatch):
    monkeypatch.setenv("MACEDANCE_WAN_MODEL", str(tiny_wan))
    choice = choose(AUTO, {}, on_cpu())
    assert (choice.name, choice.because) == ("puppet", "Wan-Animate needs a GPU")


def test_weights_and_a_gpu_give_wan(tiny_wan, monkeypatch):
    monkeypatch.setattr(
        "pipelines.appearance_expert.wan.profiles.free_gpu_memory", lambda device: 10**11
    )
    choice = choose(AUTO, {"prompt": "she dances"}, on_cpu(tiny_wan))
    assert (choice.name, choice.options.prompt) == ("wan", "she dances")
    assert choice.facts()["because"] == "weights and a GPU are there"


def test_what_auto_was_asked_in_vain_does_not_hinder_the_puppet(no_weights):
    choice = choose(AUTO, {"wan_sampling_steps": 4}, on_cpu())
    assert choice.name == "puppet"
    assert "wan_sampling_steps" not in choice.identity(on_cpu())


def test_wan_that_was_asked_for_is_loaded_on_any_device(tiny_wan):
    order = on_cpu(tiny_wan)
    assert choose("wan", {}, order).load(order, Listener()).name == "wan"


@pytest.mark.parametrize("name", ["wan", "wan2"])
def test_weights_that_were_asked_for_and_are_not_there_are_an_error(no_weights, name):
    with pytest.raises(MissingAsset):
        choose(name, {}, on_cpu())


def test_a_wrong_path_does_not_become_a_draft(no_weights, tmp_path):
    with pytest.raises(MissingAsset):
        choose(AUTO, {}, on_cpu(tmp_path / "nowhere"))


def test_unknown_back_ends_are_a_usage_error():
    with pytest.raises(BadUsage, match="auto, puppet, tiny, wan, wan2"):
        choose("magic", {}, on_cpu())


@pytest.mark.parametrize(
    ("name", "given", "says"),
    [("puppet", {"lora": ("x",)}, "--lora means nothing to --appearance puppet"),
     ("puppet", {"wan_sampling_steps": 20}, "--wan-sampling-steps means nothing"),
     ("wan2", {"face": "none"}, "--face means nothing to --appearance wan2"),
     ("wan2", {"forecast": True}, "--forecast means nothing"),
     ("wan2", {"profile": "24gb"}, "--profile 24gb means nothing to --appearance wan2"),
     (AUTO, {"beta": 0.5}, "--beta means nothing to --appearance auto")],
)  # fmt: skip
def test_what_the_chosen_one_does_not_know_is_refused_by_name(name, given, says):
    with pytest.raises(BadUsage, match=says):
        own_options(name, given)


def test_looking_for_weights_imports_no_models():
    script = (
        "import sys, pipelines.appearance_expert.experts, pipelines.appearance_expert.wan.weights;"
        "assert not {'torch', 'diffusers', 'transformers', 'numpy', 'cv2'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_what_is_known_of_weights_that_are_missing(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.delenv("MACEDANCE_WAN_MODEL", raising=False)
    order = Order(None, "cpu", lambda: (480, 832))
    told = unseen_cost("wan", {}, order, 4.0, 30.0)
    assert "hf download" in told["weights"] and "GPU" in told["--profile 24gb"]
    assert unseen_cost("puppet", {}, order, 4.0, 30.0) is None
    assert unseen_cost("auto", {}, order, 4.0, 30.0) is None
    named = Order(str(tmp_path), "cpu", lambda: (480, 832))
    assert unseen_cost("wan", {}, named, 4.0, 30.0) is None
