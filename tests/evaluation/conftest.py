"""Tiny networks under the official names and in the official formats."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from pipelines.evaluation.clip import Clip
from pipelines.evaluation.items import Item
from pipelines.evaluation.profiles import SetRule
from pipelines.evaluation.results import judge
from pipelines.media.video_writer import VideoWriter
from pipelines.metrics.contrastive.folder import ContrastHeader, save_contrast
from pipelines.metrics.contrastive.network import Contrast, ContrastShape
from pipelines.metrics.genre.columns import Scale
from pipelines.metrics.genre.folder import ClassifierHeader, save_classifier
from pipelines.metrics.genre.network import ClassifierShape, GenreClassifier
from pipelines.metrics.vbench.amt import AmtS
from pipelines.metrics.vbench.musiq import Musiq
from pipelines.music.features import FEATURE_SCHEMA

ALEX = ((0, 3, 8, 11), (3, 8, 6, 5), (6, 6, 6, 3), (8, 6, 4, 3), (10, 4, 4, 3))
VGG = ((0, 2), (2, 2), (5, 3), (7, 3), (10, 4), (12, 4), (14, 4), (17, 4), (19, 4), (21, 4),
       (24, 4), (26, 4), (28, 4))  # fmt: skip


class TinyI3D(nn.Module):
    """Means of brightness over halves of the clip, through the interface of the real file."""

    def forward(
        self, x: Tensor, rescale: bool = True, resize: bool = True, return_features: bool = False
    ) -> Tensor:
        assert not rescale and not resize and return_features
        half = x.shape[2] // 2
        return torch.stack([x[:, :, :half].mean((1, 2, 3, 4)), x[:, :, half:].std((1, 2, 3, 4))], 1)


@pytest.fixture
def i3d(tmp_path) -> Path:
    path = tmp_path / "i3d_torchscript.pt"
    torch.jit.script(TinyI3D()).save(str(path))
    return path


@pytest.fixture
def lpips_weights(tmp_path) -> Path:
    folder = tmp_path / "lpips"
    folder.mkdir()
    torch.manual_seed(1)
    alex, heads = {}, {}
    for number, (place, inputs, outputs, side) in enumerate(ALEX):
        alex[f"features.{place}.weight"] = 0.3 * torch.randn(outputs, inputs, side, side)
        alex[f"features.{place}.bias"] = 0.1 * torch.randn(outputs)
        heads[f"lin{number}.model.1.weight"] = torch.rand(1, outputs, 1, 1)
    alex["classifier.1.weight"] = torch.zeros(2, 2)
    torch.save(alex, folder / "alexnet-owt-7be5be79.pth")
    torch.save(heads, folder / "alex.pth")
    vgg, heads, before = {}, {}, 3
    for place, outputs in VGG:
        vgg[f"features.{place}.weight"] = 0.3 * torch.randn(outputs, before, 3, 3)
        vgg[f"features.{place}.bias"] = 0.1 * torch.randn(outputs)
        before = outputs
    for number, width in enumerate((2, 3, 4, 4, 4)):
        heads[f"lin{number}.model.1.weight"] = torch.rand(1, width, 1, 1)
    torch.save(vgg, folder / "vgg16-397923af.pth")
    torch.save(heads, folder / "vgg.pth")
    return folder


def _clips(rows, **scores):
    return [
        Clip(f"c{k:03}", {"k": row[None], "g": row[None, :2]},
             {name: float(values[k]) for name, values in scores.items()})
        for k, row in enumerate(rows)
    ]  # fmt: skip


def _gauss(seed, count=60, dimensions=5, shift=0.0, scale=1.0):
    return shift + scale * np.random.default_rng(seed).standard_normal((count, dimensions))


@pytest.fixture(scope="session")
def clips():
    """A maker of clips from feature rows (N, D) and scores (N,) by name."""
    return _clips


@pytest.fixture(scope="session")
def gauss():
    """A maker of Gaussian rows: seed, count, dimensions, shift, scale."""
    return _gauss


@pytest.fixture
def genre_classifier(tmp_path) -> Path:
    """The folder of an untrained classifier of three genres, with windows of two seconds."""
    shape = ClassifierShape(3, 20, width=16, heads=2, layers=2, feedforward=24, narrow=8)
    torch.manual_seed(1)
    header = ClassifierHeader(
        ("house", "krump", "waack"), shape.to_json(), Scale(0.1, 0.5, 0.2, 0.4), "front", 60
    )
    save_classifier(tmp_path / "classifier", header, GenreClassifier(shape).state_dict())
    return tmp_path / "classifier"


@pytest.fixture
def contrastive_evaluator(tmp_path) -> Path:
    """The folder of an untrained evaluator with windows of two seconds."""
    shape = ContrastShape(width=16, heads=2, layers=3, feedforward=24)
    torch.manual_seed(1)
    header = ContrastHeader(shape.to_json(), 60, FEATURE_SCHEMA)
    save_contrast(tmp_path / "evaluator", header, Contrast(shape).state_dict())
    return tmp_path / "evaluator"


@pytest.fixture
def judged():
    """Two judged systems of 60 dances, the first of them near the truth."""
    random = np.random.default_rng(5)
    rule = SetRule(skip_constant=True)
    truth = _clips(_gauss(0), fsr=random.uniform(0.1, 0.2, 60))
    ours = _clips(_gauss(1, shift=0.2), fsr=random.uniform(0.1, 0.2, 60))
    theirs = _clips(_gauss(2, shift=1.5), fsr=random.uniform(0.3, 0.4, 60))
    found = judge("motion-3d", {"ours": ours, "theirs": theirs}, truth, rule, 0)
    return {
        "protocol": "motion-3d", "profile": "strict", "warnings": found.warnings, **found.json(),
    }  # fmt: skip


@pytest.fixture
def vbench_weights(written_vbench_weights, tmp_path) -> Path:
    """VBench's files with tiny networks in them, to be changed at will."""
    return shutil.copytree(written_vbench_weights, tmp_path / "weights")


@pytest.fixture(scope="session")
def written_vbench_weights(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    random = torch.Generator().manual_seed(0)

    def draw(*shape: int) -> Tensor:
        return 0.2 * torch.randn(*shape, generator=random)

    torch.save(Musiq(32, 64, 64, 1).state_dict(), folder / "musiq_spaq_ckpt-358bb6af.pth")
    torch.save({"state_dict": AmtS().state_dict()}, folder / "amt-s.pth")
    dino = {"cls_token": draw(1, 1, 64), "pos_embed": draw(1, 17, 64),
            "patch_embed.proj.weight": draw(64, 3, 8, 8), "patch_embed.proj.bias": draw(64),
            "norm.weight": draw(64), "norm.bias": draw(64)}  # fmt: skip
    sizes = {"attn.qkv": (192, 64), "attn.proj": (64, 64), "mlp.fc1": (256, 64),
             "mlp.fc2": (64, 256)}  # fmt: skip
    for name, (rows, columns) in sizes.items():
        dino[f"blocks.0.{name}.weight"] = draw(rows, columns)
        dino[f"blocks.0.{name}.bias"] = draw(rows)
    for name in ("norm1.weight", "norm1.bias", "norm2.weight", "norm2.bias"):
        dino[f"blocks.0.{name}"] = draw(64)
    torch.save(dino, folder / "dino_vitbase16_pretrain.pth")
    for name in ("ViT-L-14.pt", "ViT-B-32.pt"):
        torch.jit.script(_WholeClip(draw)).save(str(folder / name))
    torch.save(nn.Linear(16, 1).state_dict(), folder / "sa_0_4_vit_l_14_linear.pth")
    return folder


class _Attention(nn.Module):
    def __init__(self, draw) -> None:
        super().__init__()
        self.in_proj_weight = nn.Parameter(draw(192, 64))
        self.in_proj_bias = nn.Parameter(draw(192))
        self.out_proj = nn.Linear(64, 64)


class _Block(nn.Module):
    def __init__(self, draw) -> None:
        super().__init__()
        self.attn = _Attention(draw)
        self.ln_1, self.ln_2 = nn.LayerNorm(64), nn.LayerNorm(64)
        parts = {"c_fc": nn.Linear(64, 256), "c_proj": nn.Linear(256, 64)}
        self.mlp = nn.ModuleDict(parts)


class _Visual(nn.Module):
    def __init__(self, draw) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 8, 8, bias=False)
        self.class_embedding = nn.Parameter(draw(64))
        self.positional_embedding = nn.Parameter(draw(17, 64))
        self.proj = nn.Parameter(draw(64, 16))
        self.ln_pre, self.ln_post = nn.LayerNorm(64), nn.LayerNorm(64)
        self.transformer = nn.ModuleDict({"resblocks": nn.ModuleList([_Block(draw)])})


class _WholeClip(nn.Module):
    """A TorchScript archive of OpenAI's names; what it computes does not matter."""

    def __init__(self, draw) -> None:
        super().__init__()
        self.visual = _Visual(draw)
        self.text_projection = nn.Parameter(draw(64, 16))

    def forward(self, x: Tensor) -> Tensor:
        return x


def _write_video(path, greys, size=(48, 64), rate=16):
    with VideoWriter(path, size[1], size[0], Fraction(rate), crf=0) as video:
        for number, grey in enumerate(greys):
            frame = np.full((*size, 3), grey, np.uint8)
            frame[number % 40 : number % 40 + 6, 10:40] = 255
            video.write(frame)


@pytest.fixture(scope="session")
def write_video():
    """A maker of videos with a white bar that moves down: path, greys, size, rate."""
    return _write_video


@pytest.fixture(scope="session")
def written_videos(tmp_path_factory):
    """Folders "pred" and "truth" of three videos each; the first are five levels brighter."""
    folder = tmp_path_factory.mktemp("videos")
    for name in ("pred", "truth"):
        (folder / name).mkdir()
        for number in range(3):
            brighter = 5 if name == "pred" else 0
            greys = [40 + 30 * number + brighter + k % 5 for k in range(24)]
            _write_video(folder / name / f"{number}.mp4", greys)
    return folder


@pytest.fixture
def videos(written_videos, tmp_path):
    """Those videos, to be changed at will, by the folder's name."""
    items = {}
    for name in ("pred", "truth"):
        shutil.copytree(written_videos / name, tmp_path / name)
        items[name] = [Item(str(n), tmp_path / name / f"{n}.mp4") for n in range(3)]
    return items
