"""What is missing of MuQ is said with the way out and the licence of its weights."""

import pytest

from pipelines.music.recipes import muq_files as files
from pipelines.support.errors import MissingAsset


def test_without_the_package_the_way_out_and_the_licence_are_said(monkeypatch):
    monkeypatch.setattr(files.util, "find_spec", lambda name: None)
    with pytest.raises(MissingAsset, match="the package muq") as caught:
        files.weights_folder()
    assert "macedance[muq]" in caught.value.hint and "CC BY-NC 4.0" in caught.value.hint


def test_without_weights_the_way_out_and_the_licence_are_said(monkeypatch, tmp_path):
    monkeypatch.setattr(files.util, "find_spec", lambda name: object())
    monkeypatch.setenv(files.ENVIRONMENT_VARIABLE, str(tmp_path))
    with pytest.raises(MissingAsset, match="weights are not in") as caught:
        files.check()
    assert "hf download OpenMuQ/MuQ-large-msd-iter" in caught.value.hint
    assert "CC BY-NC 4.0" in caught.value.hint
    (tmp_path / "config.json").write_text("{}")
    assert files.weights_folder() == tmp_path and "not for commercial use" in files.check()


def test_no_weights_in_the_hubs_cache(monkeypatch, tmp_path):
    monkeypatch.setattr(files.util, "find_spec", lambda name: object())
    monkeypatch.delenv(files.ENVIRONMENT_VARIABLE, raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(MissingAsset, match="not in the hub's cache"):
        files.weights_folder()
