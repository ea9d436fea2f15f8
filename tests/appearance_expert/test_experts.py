import subprocess
import sys

import pytest

from pipelines.appearance_expert.experts import load_backend
from pipelines.support.errors import BadUsage, MissingAsset
from pipelines.support.progress import Silent


class Listener(Silent):
    def __init__(self):
        self.warnings = []

    def warn(self, message):
        self.warnings.append(message)


@pytest.fixture
def no_weights(monkeypatch, tmp_path):
    monkeypatch.delenv("MACEDANCE_WAN_MODEL", raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))


@pytest.mark.parametrize("name", ["auto", "puppet"])
def test_without_weights_the_puppet_dances_and_says_so(no_weights, name):
    listener = Listener()
    assert load_backend(name, None, "cpu", listener).name == "puppet"
    assert "draft" in listener.warnings[0]


def test_weights_without_a_gpu_give_the_puppet(tiny_wan, monkeypatch):
    monkeypatch.setenv("MACEDANCE_WAN_MODEL", str(tiny_wan))
    listener = Listener()
    assert load_backend("auto", None, "cpu", listener).name == "puppet"
    assert "GPU" in listener.warnings[0]


def test_wan_that_was_asked_for_is_loaded_on_any_device(tiny_wan):
    assert load_backend("wan", str(tiny_wan), "cpu", Listener()).name == "wan"


def test_wan_that_was_asked_for_and_is_not_there_is_an_error(no_weights):
    with pytest.raises(MissingAsset):
        load_backend("wan", None, "cpu", Listener())


def test_a_wrong_path_does_not_become_a_draft(no_weights, tmp_path):
    with pytest.raises(MissingAsset):
        load_backend("auto", str(tmp_path / "nowhere"), "cpu", Listener())


def test_unknown_back_ends_are_a_usage_error():
    with pytest.raises(BadUsage, match="auto, puppet, tiny, wan, wan2"):
        load_backend("magic", None, "cpu", Listener())


def test_looking_for_weights_imports_no_models():
    script = (
        "import sys, pipelines.appearance_expert.experts, pipelines.appearance_expert.wan.weights;"
        "assert not {'torch', 'diffusers', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
