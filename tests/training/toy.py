"""A task that learns in milliseconds: a linear map of random numbers, with noise and dropout."""

import torch

from pipelines.support.progress import SILENT
from pipelines.training.engine import Engine, EngineOptions
from pipelines.training.launch import Launch
from pipelines.training.optimizers import adan
from pipelines.training.task import Task, Words

CPU = torch.device("cpu")
OPTIONS = EngineOptions(
    steps=12, batch_size=4, lr=1e-2, ema_decay=0.9999, validate_every=4, checkpoint_every=4,
    keep=2, workers=0,
)  # fmt: skip
WORDS = Words("window", "windows", "use a smaller --window", "--preset")


def draw(size, key):
    """`size` inputs (4,) and what a fixed map makes of them (2,)."""
    seed = hash(key) % 2**31
    x = torch.randn((size, 4), generator=torch.Generator().manual_seed(seed))
    return {"x": x, "y": x[:, :2] - 0.5 * x[:, 2:]}


def loss(network, batch, generator):
    noise = torch.randn(batch["y"].shape, generator=generator)
    value = (network(batch["x"]) - batch["y"] + 0.1 * noise).square().mean()
    return value, {"squares": float(value.detach())}


def save(folder, learned, facts):
    torch.save({"step": facts["step"], "learned": learned}, folder / "weights.pt")


def held_out(network, step, log):
    with torch.no_grad():
        return {"loss": float(loss(network, draw(8, (99,)), torch.Generator().manual_seed(1))[0])}


def network():
    torch.manual_seed(3)
    return torch.nn.Sequential(torch.nn.Linear(4, 2), torch.nn.Dropout(0.1))


def task(**changes):
    made = {
        "network": network(), "draw": draw, "loss": loss, "optimizer": adan(1e-2, 0.02),
        "save": save, "words": WORDS, "held_out": held_out,
    }  # fmt: skip
    return Task(**(made | changes))


def engine(folder, options=OPTIONS, progress=SILENT, **changes):
    return Engine(task(**changes), options, folder, Launch(CPU), progress)
