"""From music to one reference, and a bank on disk."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.motion_expert.infinitedance.bank import rank_weights, turned_alike
from pipelines.motion_expert.infinitedance.clock import Span
from pipelines.motion_expert.infinitedance.features import encode, from_start
from pipelines.motion_expert.infinitedance.references import (
    build_bank,
    load_bank,
    load_retrieval,
    save_bank,
    tokens_of,
)
from pipelines.motion_expert.infinitedance.storage import save_part
from pipelines.motion_expert.infinitedance.windows import DanceBatch
from pipelines.support.errors import UnsuitableInput


def test_the_best_of_the_style_by_their_weights(references, paired):
    music = paired(1).features[:48]
    with torch.no_grad():
        query = references.retrieval.embed_music(torch.from_numpy(music)[None])[0].numpy()
    rows, _ = references.bank.found(query, 3, genre=1)
    assert (references.bank.genre_N[rows] == 1).all()
    expected = np.einsum("k,ktd->td", rank_weights(3), turned_alike(
        references.motions(rows)))  # fmt: skip
    np.testing.assert_allclose(references.for_music(music, 1), expected, rtol=1e-5, atol=1e-6)


def test_in_training_no_window_hears_its_own_recording(references, paired):
    alone = replace(references, count=1, blend="first")
    batch = DanceBatch(
        np.zeros((1, 48, 264), np.float32), paired(1).features[None, :48], np.array([0]),
        np.array([1]),
    )  # fmt: skip
    (found,) = alone.for_batch(batch, ["take0", "take1"])
    bank = references.bank
    others = [n for n in range(len(bank)) if bank.genre_N[n] == 0 and bank.recording_N[n] != 1]
    assert any(np.array_equal(found, turned_alike(alone.motions([n])[0])) for n in others)


def test_in_training_a_rare_style_is_searched_for_among_all(references, paired):
    """Two windows of a style and their mirror images beside each recording: five are not there."""
    bank = references.bank
    batch = DanceBatch(
        np.zeros((1, 48, 264), np.float32), paired(1).features[None, :48], np.array([0]),
        np.array([1]),
    )  # fmt: skip
    (found,) = replace(references, count=5).for_batch(batch, ["take0", "take1"])
    own = list(bank.recordings).index("take1")
    assert (bank.genre_N != 0).any() and own in bank.recording_N
    expected = replace(references, count=5).for_music(paired(1).features[:48], None, ["take1"])
    np.testing.assert_array_equal(found, expected)


def test_a_style_is_searched_for_in_itself_where_there_is_enough_of_it(references):
    assert references.searched(1) == 1
    assert replace(references, count=9).searched(1) is None
    assert references.searched(-1) is None


def test_the_style_for_a_song_is_that_of_the_dance_found_first(references, paired):
    music = paired(1).features[:48]
    with torch.no_grad():
        query = references.retrieval.embed_music(torch.from_numpy(music)[None])[0].numpy()
    best = int((references.bank.embedding_NM @ query).argmax())
    found = int(references.bank.genre_N[best])
    assert references.style_for(music) == found
    assert references.style_for(music, never=[found]) == 1 - found
    assert references.style_for(music, never=[0, 1]) == -1


def test_too_few_are_an_error(references, paired):
    with pytest.raises(UnsuitableInput, match="not 9"):
        replace(references, count=9).for_music(paired(1).features[:48], 0)


def test_a_bank_survives_the_disk(references, tokenizer, tmp_path):
    save_bank(tmp_path, references.bank)
    back = load_bank(tmp_path, tokenizer)
    np.testing.assert_allclose(back.embedding_NM, references.bank.embedding_NM, atol=1e-3)
    for name in ("tokens_NLQ", "genre_N", "recording_N", "beat_NT"):
        np.testing.assert_array_equal(getattr(back, name), getattr(references.bank, name))
    assert (back.recordings, back.tokenizer) == (references.bank.recordings, "digest")


def test_a_bank_that_was_kept_as_motion_is_read_as_tokens(references, tokenizer, paired, tmp_path):
    bank, config = references.bank, {"recordings": ["a"], "tokenizer": "digest"}
    motion = torch.from_numpy(np.stack([from_start(encode(paired(n).motion)[:48]) for n in (0, 1)]))
    weights = {
        "embedding": torch.from_numpy(bank.embedding_NM[:2]), "motion": motion.half(),
        "genre": torch.zeros(2, dtype=torch.int64), "recording": torch.zeros(2, dtype=torch.int64),
        "beats": torch.ones(2, 48, dtype=torch.bool),
    }  # fmt: skip
    save_part(tmp_path, "bank", config, weights, {})
    back = load_bank(tmp_path, tokenizer)
    expected = tokenizer.tokens(motion.half().float()).numpy()
    np.testing.assert_array_equal(back.tokens_NLQ, expected)
    assert back.beat_NT.all() and back.beat_NT.dtype == bool


def test_a_bank_of_any_dances(references, tokenizer, paired):
    """Two windows of each, and their mirrors; a recording with several songs is there once."""
    data = [paired(n, genre="Jazz" if n % 2 else "Pop") for n in range(4)]
    again = paired(9, genre="Pop", take="take0")
    short = paired(5, frames=40)
    network = references.retrieval
    bank = build_bank(network, tokenizer, [*data, again, short], ("Jazz", "Pop"), Span(2), "digest")
    assert (len(bank), bank.tokenizer) == (4 * 2 * 2, "digest")
    assert bank.recordings == ("take0", "take1", "take2", "take3")
    first = torch.from_numpy(from_start(encode(data[0].motion)[:48])[None])
    of_first = bank.tokens_NLQ[bank.recording_N == 0]
    assert any(np.array_equal(own, tokenizer.tokens(first)[0].numpy()) for own in of_first)
    music = torch.from_numpy(data[1].features[None, :48])
    query = network.embed_music(music)[0].detach().numpy()
    rows, _ = bank.found(query, 5, without=["take1"])
    assert 1 not in bank.recording_N[rows]
    rows, _ = bank.found(query, 4, genre=0, without=["take1"])
    assert set(bank.recording_N[rows]) == {3}
    np.testing.assert_allclose(np.linalg.norm(bank.embedding_NM, axis=1), 1, atol=1e-5)


def test_a_window_is_decoded_once(references):
    mine = replace(references, _seen={})
    one = mine.motions(np.array([3, 0, 3]))
    assert sorted(mine._seen) == [0, 3]
    np.testing.assert_array_equal(one[0], one[2])
    tokens = torch.from_numpy(mine.bank.tokens_NLQ[[0]].astype(np.int64))
    exact = mine.tokenizer.motion(tokens).detach().numpy()
    np.testing.assert_allclose(one[1], exact[0], rtol=2e-3, atol=2e-3)


def test_encoders_survive_the_disk(references, tmp_path):
    config, weights = references.retrieval.config.to_json(), references.retrieval.state_dict()
    save_part(tmp_path, "retrieval", config, weights, {})
    back = load_retrieval(tmp_path)
    assert not back.training
    assert all(torch.equal(back.state_dict()[name], weights[name]) for name in weights)


def test_tokens_stand_in_the_order_in_which_they_are_written(tokenizer):
    motion = np.random.default_rng(0).normal(size=(2, 8, 264)).astype(np.float32)
    tokens = tokens_of(tokenizer, motion)
    assert tokens.shape == (2, 6)
    apart = tokenizer.tokens(torch.from_numpy(motion))
    assert tokens[0].tolist() == [*apart[0, 0].tolist(), *apart[0, 1].tolist()]
