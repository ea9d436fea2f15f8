"""Small networks of MEGADance, and dances to train them on."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from pipelines.datasets.sequences import PairedSequence
from pipelines.motion.motion import Motion
from pipelines.motion.representation import Standardizer
from pipelines.motion_expert.megadance.checkpoint import MegaDance, save_megadance
from pipelines.motion_expert.megadance.generator.network import Generator
from pipelines.motion_expert.megadance.halves import HalfScaling
from pipelines.motion_expert.megadance.presets import GENERATORS, LEVELS, TOKENIZERS
from pipelines.motion_expert.megadance.tokenizer.network import Tokenizer
from pipelines.motion_expert.training.material import Material
from pipelines.music.features import FEATURE_SCHEMA
from pipelines.support.progress import Silent


class Heard(Silent):
    """Keeps what is said."""

    def __init__(self):
        self.lines = []

    def say(self, message):
        self.lines.append(message)

    warn = say


def dance(genre="house", frames=96, seed=0):
    random = np.random.default_rng(seed)
    poses = random.normal(0, 0.2, (1, 24, 3)) + 0.1 * np.sin(np.arange(frames) / 9)[:, None, None]
    trans = np.cumsum(random.normal(0, 0.01, (frames, 3)), axis=0)
    motion = Motion(poses.astype(np.float32), trans.astype(np.float32), 30.0, genre=genre)
    features = random.normal(size=(frames, 35)).astype(np.float32)
    features[:, 33:] = features[:, 33:] > 1
    return PairedSequence(motion, features, f"take{seed}", f"take{seed}")


@pytest.fixture
def dances():
    return dance


@pytest.fixture
def material(tmp_path):
    def made(train=None, held=None, folder=tmp_path / "run"):
        train = [dance(), dance("krump", seed=1)] if train is None else train
        held = [dance(seed=2)] if held is None else held
        return Material(train, held, folder, torch.device("cpu"), 4, Heard())

    return made


@pytest.fixture
def tokenizer():
    torch.manual_seed(0)
    ones = np.ones(90, np.float32)
    scaling = HalfScaling(0 * ones, ones, 0 * ones[:57], ones[:57])
    return Tokenizer(TOKENIZERS["tiny"], scaling).eval()


@pytest.fixture
def generators():
    def made(**changes):
        torch.manual_seed(1)
        shape = replace(GENERATORS["tiny"], genres=("house", "krump"), reach=5)
        network = Generator(replace(shape, **changes)).eval()
        for name, weight in network.named_parameters():
            if name.endswith(".high"):
                torch.nn.init.normal_(weight, std=0.3)
        return network

    return made


@pytest.fixture
def tokens():
    def made(batch, length, seed=0):
        random = torch.Generator().manual_seed(seed)
        shape = (batch, length, 2)
        return torch.stack([torch.randint(0, n, shape, generator=random) for n in LEVELS], -1)

    return made


@pytest.fixture
def model(tokenizer, generators, tokens):
    plain = Standardizer(np.zeros(35, np.float32), np.ones(35, np.float32))
    starts = tokens(1, 6)[0]
    genre = torch.tensor([0, 0, 0, 1, 1, -1])
    return MegaDance(tokenizer, generators(), plain, starts, genre, FEATURE_SCHEMA)


@pytest.fixture
def folder(model, tmp_path):
    extra = (model.standardizer, model.start_tokens, model.start_genre)
    network = model.generator
    place = tmp_path / "model"
    place.mkdir()
    save_megadance(
        place, model.tokenizer, network.config, network.state_dict(), extra, FEATURE_SCHEMA,
        {"step": 3},
    )  # fmt: skip
    return place
