"""MuQ in pieces: a network of the same parts that says the time of its rows; the real one where
its package is installed, with random weights."""

import math
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.music.recipes import muq_files as files
from pipelines.music.recipes.muq import MUQ, in_chunks
from pipelines.support.errors import MissingAsset, UnsuitableInput


class Clock:
    """As MuQ: samples to frames of 240, halved twice, rounded up. A row is its samples' mean."""

    def __init__(self):
        self.lengths = []
        self.conformer = SimpleNamespace(config=SimpleNamespace())
        self.conformer = Conformer()

    def preprocessing(self, samples, features):
        self.lengths.append(samples.shape[1])
        frames = samples.shape[1] // 240
        return {features[0]: samples[:, : frames * 240].unflatten(1, (frames, 240)).mean(2)}

    def normalize(self, heard):
        return heard

    def conv(self, mel):
        for _ in range(2):
            mel = torch.nn.functional.pad(mel, (0, mel.shape[1] % 2), value=float(mel[0, -1]))
            mel = mel.unflatten(1, (-1, 2)).mean(2)
        return mel[..., None].expand(-1, -1, 3)


class Conformer:
    def __init__(self):
        self.config = SimpleNamespace()

    def __call__(self, states):
        return SimpleNamespace(last_hidden_state=states)


def heard(seconds):
    network = SimpleNamespace(model=Clock())
    samples = (np.arange(round(seconds * 24_000)) / 24_000).astype("f4")
    return in_chunks(network, samples), network.model


@given(st.integers(1200, 24_000 * 4), st.sampled_from([0, 28, 56]))
@settings(max_examples=20, deadline=None)
def test_as_many_rows_as_muq_gives_at_once_each_of_its_own_time(odd, whole):
    samples = whole * 24_000 + odd
    rows, _ = heard(samples / 24_000)
    assert len(rows) == math.ceil(math.ceil(samples // 240 / 2) / 2)
    middle = (np.arange(len(rows)) + 0.5) / 25
    np.testing.assert_allclose(rows[:-1, 0], middle[:-1], atol=1e-3)


def test_pieces_are_30_s_and_overlap_by_2():
    _, clock = heard(70)
    assert [length / 24_000 for length in clock.lengths] == [30, 30, 14]
    _, clock = heard(30)
    assert len(clock.lengths) == 1


def test_a_package_that_does_not_load_is_no_crash(monkeypatch, tmp_path):
    monkeypatch.setattr(files.util, "find_spec", lambda name: object())
    monkeypatch.setenv(files.ENVIRONMENT_VARIABLE, str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    monkeypatch.setitem(sys.modules, "muq", None)
    with pytest.raises(MissingAsset, match="cannot be loaded"):
        MUQ.of_samples(np.zeros(24_000), 24_000)


def test_weights_that_are_none_are_refused(monkeypatch, tmp_path, capsys):
    def broken(folder, local_files_only):
        print("loading")
        raise ValueError("no header\nand more")

    monkeypatch.setattr(files.util, "find_spec", lambda name: object())
    monkeypatch.setenv(files.ENVIRONMENT_VARIABLE, str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    kind = SimpleNamespace(from_pretrained=broken)
    monkeypatch.setitem(sys.modules, "muq", SimpleNamespace(MuQ=kind))
    with pytest.raises(UnsuitableInput, match=r"cannot be read from it \(no header\)"):
        MUQ.of_samples(np.zeros(24_000), 24_000)
    assert capsys.readouterr().out == ""  # what the package prints is no result


def test_the_real_network_with_random_weights(monkeypatch, tmp_path):
    package = pytest.importorskip("muq", exc_type=ImportError)
    from transformers import Wav2Vec2ConformerConfig

    whole = Wav2Vec2ConformerConfig(num_attention_heads=4, intermediate_size=64).to_dict()
    w2v2 = {name: value for name, value in whole.items() if not isinstance(value, dict)}
    w2v2["position_embeddings_type"] = "rotary"
    config = package.MuQConfig(
        conv_dim=2, encoder_depth=1, w2v2_config=w2v2,
        stat={"melspec_2048_mean": 6.77, "melspec_2048_std": 18.4},
    )  # fmt: skip
    torch.manual_seed(0)
    package.MuQ(config).save_pretrained(tmp_path)
    monkeypatch.setenv(files.ENVIRONMENT_VARIABLE, str(tmp_path))
    sound = np.random.default_rng(0).standard_normal(24_000 * 3).astype("f4")
    first, again = (MUQ.of_samples(0.1 * sound, 24_000) for _ in range(2))
    assert first.values.shape == (75, 1024) and first.fps == 25
    assert np.isfinite(first.values).all() and first.values.std() > 0.1
    np.testing.assert_array_equal(first.values, again.values)
