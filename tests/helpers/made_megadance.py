"""Released files of MEGADance, as published in names and sizes, with random numbers."""

import math

import torch

LEVELS = (7, 5, 5, 5, 5)
WIDTH, HEADS = 512, 8
MEAN = {"smpl_poses_mean": torch.tensor(0.3), "smpl_root_vel_mean": torch.tensor(0.001)}
STD = {"smpl_poses_std": torch.tensor(0.5), "smpl_root_vel_std": torch.tensor(0.02)}


def drawer(seed):
    random = torch.Generator().manual_seed(seed)
    return lambda *shape, by=None: (
        torch.randn(*shape, generator=random) * (by or 1 / math.sqrt(max(1, math.prod(shape[1:]))))
    )


def fsq_state():
    """Both halves under the published names."""
    draw, state = drawer(0), {}

    def layer(name, *shape, out=None):
        state[f"{name}.weight"] = draw(*shape)
        state[f"{name}.bias"] = draw(out or shape[0], by=0.1)

    for half, columns in (("UP", 90), ("DOWN", 57)):
        into = f"Pose_{half}_Encoder.encoders.0.level_blocks.0.model"
        out = f"Pose_{half}_Decoder.decoders.0"
        for n in range(3):
            layer(f"{into}.{n}.0", WIDTH, columns if n == 0 else WIDTH, 4)
            layer(f"{out}.level_blocks.0.model.{n + 1}.1", WIDTH, WIDTH, 4)
            for block in range(2):
                for start in (f"{into}.{n}.1", f"{out}.level_blocks.0.model.{n + 1}.0"):
                    layer(f"{start}.model.{block}.model.1", WIDTH, WIDTH, 3)
                    layer(f"{start}.model.{block}.model.3", WIDTH, WIDTH, 1)
        layer(f"{into}.3", WIDTH, WIDTH, 3)
        layer(f"{out}.level_blocks.0.model.0", WIDTH, WIDTH, 3)
        layer(f"{out}.out", columns, WIDTH, 3)
        layer(f"Pose_{half}_Quantizer.bottleneck.project_in", 5, WIDTH)
        layer(f"Pose_{half}_Quantizer.bottleneck.project_out", WIDTH, 5)
    return state


class Published(dict):
    """A state dict while it is built."""

    def __init__(self):
        super().__init__()
        self.draw = drawer(1)

    def linear(self, name, out, inputs):
        self[f"{name}.weight"], self[f"{name}.bias"] = (
            self.draw(out, inputs),
            self.draw(out, by=0.1),
        )

    def norms(self, name):
        for n in (1, 2, 3):
            self[f"{name}{n}.weight"] = 1 + self.draw(WIDTH, by=0.1)
            self[f"{name}{n}.bias"] = self.draw(WIDTH, by=0.1)

    def block(self, name):
        self.norms(f"{name}.ln1.ln")
        self.norms(f"{name}.ln2.ln")
        for part in ("key", "query", "value", "proj"):
            self.linear(f"{name}.attn.{part}", WIDTH, WIDTH)
        self[f"{name}.attn.mask"] = published_mask()[None, None]
        self.linear(f"{name}.mlp.0", 4 * WIDTH, WIDTH)
        self.linear(f"{name}.mlp.2", WIDTH, 4 * WIDTH)

    def mamba(self, name):
        self[name + "A_log"] = torch.log(torch.arange(1, 17.0)).repeat(1024, 1)
        self[name + "D"] = 1 + self.draw(1024, by=0.1)
        for part, shape in (("in_proj", (2048, WIDTH)), ("conv1d", (1024, 1, 4)),
                            ("x_proj", (64, 1024)), ("dt_proj", (1024, 32)),
                            ("out_proj", (WIDTH, 1024))):  # fmt: skip
            self[f"{name}{part}.weight"] = self.draw(*shape)
        self[name + "conv1d.bias"] = self.draw(1024, by=0.1)
        self[name + "dt_proj.bias"] = self.draw(1024, by=0.5) - 3


def gpt_state(layers):
    """The generator of so many layers; the experts of genres share memory, but for the fourth."""
    state, top = Published(), "gpt.dance_decoder."
    for name, out, inputs in (("music_MLP.0", 128, 35), ("music_MLP.1", WIDTH, 128),
                              ("MLP_Output.0", 768, WIDTH), ("MLP_Output.1", 27, 768)):  # fmt: skip
        state.linear(top + name, out, inputs)
    for half in ("up", "down"):
        for n, level in enumerate(LEVELS):
            state[f"{top}pose_{half}_emb.{n}.weight"] = state.draw(level, WIDTH, by=0.3)
    experts = Published()
    experts.block("common")
    experts.block("fourth")
    for layer in range(layers):
        here = f"{top}decoder_layers.{layer}."
        state.block(f"{here}global_swab")
        state.norms(f"{here}global_mamba.norm")
        for n in (1, 2, 3):
            state.mamba(f"{here}global_mamba.mamba{n}.")
        for genre in range(16):
            kind = "fourth" if genre == 3 else "common"
            for name, value in experts.items():
                if name.startswith(kind):
                    state[f"{here}genre_swab.{genre}{name.removeprefix(kind)}"] = value
    return dict(state)


def published_mask():
    """(29, 29), True where nothing may be seen: the future, and what is 22 and more back."""
    mask = torch.ones(29, 29, dtype=torch.bool)
    for row in range(29):
        mask[row, max(0, row - 21) : row + 1] = False
    return mask
