"""The language model: what it sees, what it learns, and a pretrained one kept as it is."""

import json
import math

import pytest
import torch
from transformers import DynamicCache, LlamaConfig, LlamaForCausalLM, MistralConfig

from pipelines.motion_expert.infinitedance.cadence import CadenceConfig, in_time
from pipelines.motion_expert.infinitedance.choreollama import (
    ChoreoConfig,
    ChoreoLlama,
    read_backbone,
)
from pipelines.support.errors import MissingAsset, UnsuitableInput

CADENCE = CadenceConfig(5, 3, style_width=4, reference=0, width=16, heads=2)
SMALL = ChoreoConfig(
    CADENCE, layers=2, heads=4, key_heads=2, feed=32, codes=8, code_width=6
)  # fmt: skip
CODES = torch.randn(3, 8, 6, generator=torch.Generator().manual_seed(0))


def model(config=SMALL, **options):
    torch.manual_seed(0)
    return ChoreoLlama(config, CODES, **options).eval()


def batch(tokens=12):
    torch.manual_seed(1)
    return torch.randn(2, 10, 5), torch.tensor([0, -1]), torch.randint(0, 8, (2, tokens))


def test_a_token_is_the_code_of_its_own_slot():
    made = model()
    tokens = torch.tensor([[1, 2, 3, 4]])
    codes = torch.stack([CODES[0, 1], CODES[1, 2], CODES[2, 3], CODES[0, 4]])
    torch.testing.assert_close(made.embedded(tokens)[0], made.bridge(codes))
    torch.testing.assert_close(made.embedded(tokens[:, 2:], first=2), made.embedded(tokens)[:, 2:])


def test_each_token_sees_all_music_and_no_token_behind_it():
    made = model()
    music, style, tokens = batch()
    states = made.cadence(music, style, None)
    logits, _ = made(states, tokens)
    assert logits.shape == (2, 12, 24)
    changed = tokens.clone()
    changed[:, 5] = (changed[:, 5] + 1) % 8
    other, _ = made(states, changed)
    torch.testing.assert_close(other[:, :6], logits[:, :6])
    assert not torch.allclose(other[:, 6], logits[:, 6])
    louder = states.clone()
    louder[:, 9] += 1  # the last state of the music is before the first token
    assert not torch.allclose(made(louder, tokens)[0][:, 0], logits[:, 0])


def test_the_cache_changes_nothing():
    made = model()
    music, style, tokens = batch()
    states = made.cadence(music, style, None)
    with torch.no_grad():
        logits, _ = made(states, tokens)
        cache, inputs = DynamicCache(), states
        for n in range(12):
            slot = n % 3
            found = made.next_logits(inputs, cache, slot)
            torch.testing.assert_close(
                found, logits[:, n, 8 * slot : 8 * slot + 8], atol=1e-5, rtol=1e-4
            )
            inputs = made.embedded(tokens[:, n : n + 1], n)


def test_the_loss_asks_for_each_slot_s_own_codes():
    made = model()
    music, style, tokens = batch()
    logits, said = made(made.cadence(music, style, None), tokens)
    wanted = tokens + 8 * (torch.arange(12) % 3)
    cross = -logits.log_softmax(-1).gather(-1, wanted[..., None]).mean()
    plain, figures = made.loss(made.cadence(music, style, None), style, tokens, style_weight=0.0)
    torch.testing.assert_close(plain, cross)
    assert figures["tokens"] == pytest.approx(float(cross.detach()))
    # Only the first dance names a style, and it is read off the states that wrote dance.
    style_part = -made.style_head(said.mean(1)).log_softmax(-1)[0, 0]
    whole, _ = made.loss(made.cadence(music, style, None), style, tokens, style_weight=0.5)
    torch.testing.assert_close(whole, cross + 0.5 * style_part)


def test_it_learns_a_dance_by_heart():
    made = model().train()
    music, style, tokens = batch(9)
    adam = torch.optim.AdamW(made.parameters(), 1e-2)
    for _ in range(40):
        loss, figures = made.loss(made.cadence(music, style, None), style, tokens)
        adam.zero_grad()
        loss.backward()
        adam.step()
    assert figures["tokens"] < 0.2 * math.log(24)
    assert all(figures[f"right_{q}"] == 1.0 for q in range(3))


def test_raw_music_is_scaled_and_brought_to_twenty_five_states_a_second():
    made = model()
    made.music_mean_F.fill_(2.0)
    made.music_std_F.fill_(4.0)
    music = torch.randn(1, 24, 5)
    style = torch.tensor([1])
    expected = made.cadence(in_time((music - 2) / 4, 20), style, None)
    torch.testing.assert_close(made.hear(music, style, None), expected)


def test_indices_instead_of_embeddings():
    config = ChoreoConfig.from_json({**SMALL.to_json(), "inputs": "indices"})
    made = model(config)
    tokens = torch.tensor([[1, 2, 3]])
    torch.testing.assert_close(made.embedded(tokens)[0], made.bridge(torch.tensor([1, 10, 19])))


def test_bridges_are_all_but_the_language_model():
    made = model()
    bridges = {id(p) for module in made.bridges() for p in module.parameters()}
    backbone = {id(p) for p in made.backbone.parameters()}
    assert bridges.isdisjoint(backbone)
    assert bridges | backbone == {id(p) for p in made.parameters()}


def test_a_config_survives_json():
    assert ChoreoConfig.from_json(json.loads(json.dumps(SMALL.to_json()))) == SMALL


def test_the_paper_s_backbone_without_its_words():
    with torch.device("meta"):
        made = ChoreoLlama(ChoreoConfig(CadenceConfig(1024, 6)), torch.zeros(3, 512, 1024))
    count = sum(p.numel() for p in made.backbone.parameters())
    assert count == pytest.approx(973e6, rel=0.01)  # LLaMA-3.2-1B's 1236 M less 128256 × 2048


@pytest.fixture
def llama(tmp_path):
    """A tiny LLaMA as its makers would give it, and its weights."""
    torch.manual_seed(7)
    config = LlamaConfig(
        vocab_size=11, hidden_size=16, intermediate_size=32, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, tie_word_embeddings=True,
    )  # fmt: skip
    made = LlamaForCausalLM(config)
    made.save_pretrained(tmp_path)
    return tmp_path, made.model.state_dict()


def test_a_pretrained_llama_is_kept_bit_by_bit(llama):
    folder, weights = llama
    torch.manual_seed(0)
    kept = ChoreoLlama(SMALL, CODES, backbone=folder).backbone.state_dict()
    assert set(weights) - set(kept) == {"embed_tokens.weight"}
    assert all(torch.equal(kept[name], weights[name]) for name in kept)


def test_a_folder_that_is_none(tmp_path):
    with pytest.raises(MissingAsset, match=r"holds no config\.json"):
        read_backbone(tmp_path)


def test_another_family(tmp_path):
    MistralConfig(hidden_size=16).save_pretrained(tmp_path)
    with pytest.raises(UnsuitableInput, match="a mistral, not a LLaMA"):
        read_backbone(tmp_path)


def test_half_downloaded(llama):
    folder, _ = llama
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    with pytest.raises(UnsuitableInput, match="--llama"):
        read_backbone(folder)
    weights.unlink()
    with pytest.raises(UnsuitableInput, match="cannot be read"):
        read_backbone(folder)


def test_weights_that_are_missing(llama):
    from safetensors.torch import load_file, save_file

    folder, _ = llama
    weights = load_file(folder / "model.safetensors")
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(UnsuitableInput, match=r"1 weights are missing, layers\.1\.mlp"):
        read_backbone(folder)


def test_a_llama_of_another_size(llama):
    folder, _ = llama
    wide = ChoreoConfig.from_json(
        {**SMALL.to_json(), "cadence": {**CADENCE.to_json(), "width": 32}}
    )
    with pytest.raises(UnsuitableInput, match="states are 16 wide, the preset's 32"):
        ChoreoLlama(wide, CODES, backbone=folder)


def test_music_at_25_hz_goes_in_as_it_is(monkeypatch):
    """320 states of 320 rows: nothing is interpolated."""
    cadence = CadenceConfig(4, 2, style_width=4, reference=0, width=16, heads=2, music_hz=25.0)
    config = ChoreoConfig(
        cadence, layers=1, heads=2, key_heads=2, feed=32, codes=32, code_width=8
    )  # fmt: skip
    model = ChoreoLlama(config, torch.zeros(3, 32, 8)).eval()
    heard = []
    monkeypatch.setattr(model.cadence, "forward", lambda music, *_: heard.append(music) or music)
    model.music_mean_F[:], model.music_std_F[:] = 1.0, 2.0
    music = torch.randn(1, 40, 4)
    model.hear(music, torch.tensor([0]), None)
    torch.testing.assert_close(heard[0], (music - 1) / 2, rtol=0, atol=0)
    assert ChoreoConfig.from_json(config.to_json()) == config
    older = config.to_json()
    del older["cadence"]["music_hz"]
    assert ChoreoConfig.from_json(older).cadence.music_hz == 30.0
