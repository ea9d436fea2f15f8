"""A linear code of smooth dances: what comes back before anything was learned."""

import torch

from pipelines.motion_expert.infinitedance.linear_start import begin_linear
from pipelines.motion_expert.infinitedance.tokenizer import Tokenizer, TokenizerConfig
from pipelines.motion_expert.sequence.rvq import RvqConfig

CONFIG = TokenizerConfig(
    width=24, depth=1, growth=3, quantiser=RvqConfig(codes=48, width=8, least=0.05)
)


def waves(seed, windows=40, frames=32, sources=3):
    """Few slow sources that move all columns, about a mean."""
    random = torch.Generator().manual_seed(seed)
    mixing = torch.randn(sources, 264, generator=torch.Generator().manual_seed(0))
    rate = 0.02 + 0.1 * torch.rand(windows, 1, sources, generator=random)
    phase = 6.3 * torch.rand(windows, 1, sources, generator=random)
    time = torch.arange(frames)[None, :, None]
    return 0.5 + torch.sin(time * rate + phase) @ mixing


def begun(given, config=CONFIG):
    torch.manual_seed(0)
    tokenizer = Tokenizer(config)
    tokenizer.mean_D.copy_(given.flatten(0, 1).mean(0))
    tokenizer.std_D.copy_(given.flatten(0, 1).std(0))
    begin_linear(tokenizer, given)
    return tokenizer.eval()


def away(tokenizer, given, layers=3):
    tokens = tokenizer.tokens(given)
    tokens[..., layers:] = -1
    error = tokenizer.scaled(tokenizer.motion(tokens)) - tokenizer.scaled(given)
    return float(error.detach().pow(2).mean())


def test_dances_come_back_before_anything_is_learned():
    given, others = waves(1), waves(2)
    tokenizer = begun(given)
    assert away(tokenizer, given) < 0.02
    assert away(tokenizer, others) < 0.06
    random = Tokenizer(CONFIG)
    random.mean_D.copy_(tokenizer.mean_D)
    random.std_D.copy_(tokenizer.std_D)
    random.train()(random.scaled(given))
    assert away(random.eval(), others) > 0.5


def test_each_layer_says_more():
    given = waves(1)
    errors = [away(begun(given), given, layers) for layers in (1, 2, 3)]
    assert errors[0] > 1.5 * errors[1] > 1.5 * errors[2]


def test_the_encoder_is_linear():
    """Twice as far from the mean is twice as far in the latents."""
    given = waves(1)
    tokenizer = begun(given)
    x = tokenizer.scaled(given).transpose(1, 2)
    with torch.no_grad():
        one, two = tokenizer.encoder(x), tokenizer.encoder(2 * x)
    inside = slice(2, -2)
    torch.testing.assert_close(two[..., inside], 2 * one[..., inside], rtol=1e-3, atol=1e-3)


def test_fewer_latents_than_codes():
    tokenizer = begun(waves(1, windows=2, frames=16))
    assert torch.isfinite(tokenizer.motion(tokenizer.tokens(waves(2, 1)))).all()


def test_the_same_dances_and_seed_begin_the_same():
    one, other = begun(waves(1)), begun(waves(1))
    assert all(
        torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(),
                                          strict=True)
    )  # fmt: skip
