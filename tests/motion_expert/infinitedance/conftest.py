"""Dances made up from a seed, for all tests of InfiniteDance."""

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from pipelines.datasets.sequences import PairedSequence
from pipelines.motion.motion import Motion
from pipelines.motion_expert.infinitedance.clock import Span
from pipelines.motion_expert.infinitedance.references import References, build_bank
from pipelines.motion_expert.infinitedance.retrieval import Retrieval, RetrievalConfig
from pipelines.motion_expert.infinitedance.tokenizer import PRESETS, Tokenizer


def _dance(seed, frames=40, tumbling=False):
    """Every joint turns, the body travels and spins; tumbling: it stands on its head as well."""
    rng = np.random.default_rng(seed)
    poses = np.cumsum(rng.normal(0, 0.05, (frames, 24, 3)), axis=0) + rng.normal(0, 0.4, (24, 3))
    spin = Rotation.from_euler("z", np.cumsum(rng.normal(0.1, 0.1, (frames, 1)), axis=0))
    lean = Rotation.from_rotvec(np.cumsum(rng.normal(0, 0.3 if tumbling else 0.01, (frames, 3)), 0))
    poses[:, 0] = (spin * lean * Rotation.from_euler("x", np.pi / 2)).as_rotvec()
    poses[:, 22:] = 0
    trans = np.array([1, 2, 0.9]) + np.cumsum(rng.normal(0, 0.02, (frames, 3)), axis=0)
    return Motion(poses.astype(np.float32), trans.astype(np.float32), 30.0)


def _standing(frames=4):
    poses = np.zeros((frames, 24, 3), np.float32)
    poses[:, 0, 0] = np.pi / 2
    return Motion(poses, np.full((frames, 3), [0, 0, 0.956], np.float32), 30.0)


def _paired(seed, frames=72, genre="", take=None):
    """A dance with features that count its frames in column 0 and hold the seed in the others."""
    motion = _dance(seed, frames)
    music = np.full((frames, 35), seed, np.float32)
    music[:, 0] = np.arange(frames)
    named = Motion(motion.poses, motion.trans, 30.0, genre or None)
    return PairedSequence(named, music, take or f"take{seed}", f"group{seed}")


@pytest.fixture(scope="session")
def dance():
    return _dance


@pytest.fixture(scope="session")
def standing():
    return _standing


@pytest.fixture(scope="session")
def paired():
    return _paired


@pytest.fixture(scope="session")
def tokenizer():
    """One that was never trained, but whose codebooks hold something."""
    torch.manual_seed(0)
    made = Tokenizer(PRESETS["tiny"]).train()
    made(torch.randn(4, 32, 264))
    made.mean_D[0], made.std_D[:] = 0.9, 0.02
    return made.eval()


@pytest.fixture(scope="session")
def references(tokenizer):
    """Two windows, and their mirror images, of each of four dances; two styles."""
    torch.manual_seed(0)
    retrieval = Retrieval(RetrievalConfig(35, 264, 48, width=16, layers=1, heads=2)).eval()
    data = [_paired(n, genre="Jazz" if n % 2 else "Pop") for n in range(4)]
    bank = build_bank(retrieval, tokenizer, data, ("Jazz", "Pop"), Span(2), "digest")
    return References(retrieval, bank, tokenizer, count=3)
