"""Four frames a latent, three codes a latent."""

import json

import pytest
import torch

from pipelines.motion_expert.infinitedance.tokenizer import PRESETS, TokenizerConfig


def test_shapes(tokenizer):
    tokens = tokenizer.tokens(torch.randn(2, 24, 264))
    assert (tokens.shape, tokens.dtype) == ((2, 6, 3), torch.int64)
    assert int(tokens.min()) >= 0
    assert int(tokens.max()) < 32
    assert tokenizer.motion(tokens).shape == (2, 24, 264)
    assert tokenizer.codes(tokens).shape == (2, 6, 3, 8)


def test_tokens_decode_to_what_the_network_itself_gives(tokenizer):
    features = torch.randn(1, 16, 264)
    straight = tokenizer.unscaled(tokenizer(tokenizer.scaled(features))[0])
    torch.testing.assert_close(tokenizer.motion(tokenizer.tokens(features)), straight)


def test_a_code_is_that_of_its_layer_alone(tokenizer):
    tokens = torch.tensor([[[5, 7, 9]]])
    for layer, index in enumerate((5, 7, 9)):
        expected = tokenizer.quantiser.layers[layer].codes_KC[index]
        torch.testing.assert_close(tokenizer.codes(tokens)[0, 0, layer], expected)


def test_what_lies_far_away_does_not_change_a_token(tokenizer):
    features = torch.randn(1, 96, 264)
    changed = features.clone()
    changed[:, 48:] = 0
    same = (tokenizer.tokens(features) == tokenizer.tokens(changed)).all(-1)[0]
    assert same[:8].all()
    assert not same[12:].all()


def test_frames_that_make_no_whole_latents(tokenizer):
    with pytest.raises(ValueError, match="no multiple of 4"):
        tokenizer.tokens(torch.zeros(1, 10, 264))


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_survives_json(name):
    config = PRESETS[name]
    assert TokenizerConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


def test_the_paper_has_three_books_of_512_codes_of_1024_numbers():
    quantiser = PRESETS["paper"].quantiser
    assert (quantiser.layers, quantiser.codes, quantiser.width) == (3, 512, 1024)
