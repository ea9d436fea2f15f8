"""LPIPS and FVD from tiny weight files of the official names, and whole pairs of videos."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipelines.evaluation.animation_set import AnimationJudge, AnimationSettings, measure_pairs
from pipelines.evaluation.items import Item
from pipelines.evaluation.results import judge
from pipelines.media.video_writer import VideoWriter
from pipelines.metrics.fvd import VideoFeatures
from pipelines.metrics.lpips import load_lpips
from pipelines.support.errors import MissingAsset, UnsuitableInput
from pipelines.support.progress import SILENT

CPU = torch.device("cpu")
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


def modules_of(net, state):
    """torchvision's `features` rebuilt as a list, with the numbers whose outputs count."""
    kinds = {"alex": "crpcrpcrcrcr", "vgg": "crcrpcrcrpcrcrcrpcrcrcrpcrcrcr"}[net]
    strides = {0: (4, 2), 3: (1, 2)} if net == "alex" else {}
    layers = []
    for number, kind in enumerate(kinds):
        if kind == "c":
            weight = state[f"features.{number}.weight"]
            stride, padding = strides.get(number, (1, 1))
            layer = nn.Conv2d(*weight.shape[1::-1], weight.shape[2], stride, padding)
            layer.weight.data, layer.bias.data = weight, state[f"features.{number}.bias"]
            layers.append(layer)
        else:
            size = 3 if net == "alex" else 2
            layers.append(nn.ReLU() if kind == "r" else nn.MaxPool2d(size, 2))
    return layers, {"alex": (1, 4, 7, 9, 11), "vgg": (3, 8, 15, 22, 29)}[net]


@pytest.mark.parametrize("net", ["alex", "vgg"])
def test_lpips_equals_its_definition(lpips_weights, net):
    name = {"alex": "alexnet-owt-7be5be79.pth", "vgg": "vgg16-397923af.pth"}[net]
    state = torch.load(lpips_weights / name, weights_only=True)
    heads = torch.load(lpips_weights / f"{net}.pth", weights_only=True)
    layers, counted = modules_of(net, state)
    pictures = torch.rand(2, 2, 3, 64, 72) * 2 - 1
    total, both = 0.0, [(p - torch.tensor([-0.030, -0.088, -0.188])[:, None, None])
                        / torch.tensor([0.458, 0.448, 0.450])[:, None, None]
                        for p in pictures]  # fmt: skip
    with torch.no_grad():
        for number, layer in enumerate(layers):
            both = [layer(x) for x in both]
            if number in counted:
                units = [F.normalize(x, dim=1) for x in both]
                head = heads[f"lin{counted.index(number)}.model.1.weight"][:, :, 0, 0]
                apart = ((units[0] - units[1]) ** 2).permute(0, 2, 3, 1) @ head[0]
                total = total + apart.mean((1, 2))
        found = load_lpips(lpips_weights, net, CPU).distance(*pictures)
    assert found.tolist() == pytest.approx(total.tolist(), rel=1e-4)
    assert load_lpips(lpips_weights, net, CPU).distance(pictures[0], pictures[0]).tolist() == [0, 0]


def test_lpips_files(lpips_weights, tmp_path):
    (lpips_weights / "vgg.pth").unlink()
    assert load_lpips(lpips_weights, "vgg", CPU) is None
    with pytest.raises(MissingAsset):
        load_lpips(tmp_path / "none", "alex", CPU)
    (lpips_weights / "alex.pth").rename(lpips_weights / "vgg.pth")
    with pytest.raises(UnsuitableInput, match=r"vgg16.*LPIPS"):
        load_lpips(lpips_weights, "vgg", CPU)


def test_fvd_windows(i3d, tmp_path):
    plain, disco = VideoFeatures(i3d, "styleganv", CPU), VideoFeatures(i3d, "disco", CPU)
    frame = np.full((120, 200, 3), 255, np.uint8)
    clip = [plain.prepared(frame)] * 20
    assert clip[0].shape == (3, 224, 224)
    assert plain.of_clip(clip).tolist() == [[1.0, 0.0]]
    assert disco.of_clip([disco.prepared(frame)] * 20).shape == (5, 2)
    with pytest.raises(UnsuitableInput, match="9 frames, FVD needs 10"):
        plain.of_clip(clip[:9])
    with pytest.raises(MissingAsset):
        VideoFeatures(tmp_path / "none.pt", "disco", CPU)
    (tmp_path / "text.pt").write_text("no network")
    with pytest.raises(UnsuitableInput, match="TorchScript"):
        VideoFeatures(tmp_path / "text.pt", "disco", CPU)


def write(path, greys, size=(48, 64), rate=16):
    with VideoWriter(path, size[1], size[0], Fraction(rate), crf=0) as video:
        for number, grey in enumerate(greys):
            frame = np.full((*size, 3), grey, np.uint8)
            frame[number % 40 : number % 40 + 6, 10:40] = 255
            video.write(frame)


@pytest.fixture
def videos(tmp_path):
    items = {}
    for name in ("pred", "truth"):
        (tmp_path / name).mkdir()
        for number in range(3):
            path = tmp_path / name / f"{number}.mp4"
            brighter = 5 if name == "pred" else 0
            write(path, [40 + 30 * number + brighter + k % 5 for k in range(24)])
            items.setdefault(name, []).append(Item(str(number), path))
    return items


def settings(**changes):
    values = {"frames": 20, "fps": 16.0, "size": None, "fvd": "styleganv",
              "lpips_disco_compat": False, "i3d": None, "lpips_weights": None,
              "device": "cpu"}  # fmt: skip
    return AnimationSettings(**values | changes)


def test_pairs_of_videos(videos, i3d, lpips_weights):
    judges = AnimationJudge(settings(i3d=i3d, lpips_weights=lpips_weights), SILENT)
    originals = {item.name: item for item in videos["truth"]}
    pred = measure_pairs("pred", videos["pred"], originals, judges, SILENT)
    truth = measure_pairs("truth", videos["truth"], originals, judges, SILENT)
    assert pred.left_out == truth.left_out == {}
    scores = pred.clips[0].scores
    assert set(scores) == {"psnr", "ssim", "ssim_gauss", "lpips_alex", "lpips_vgg"}
    # Five grey levels of difference, but for the white bar.
    assert scores["psnr"] == pytest.approx(-20 * np.log10(5 / 255), abs=0.7)
    assert 0.9 < scores["ssim"] < 1
    judged = judge("animation", {"pred": pred.clips}, truth.clips, None, seed=0)
    row = judged.rows["pred"]
    assert set(row) == {"fvd", "ssim", "ssim_gauss", "lpips_alex", "lpips_vgg", "psnr"}
    assert row["fvd"].value == pytest.approx((10 / 255) ** 2, rel=0.4)
    same = judge("animation", {"pred": truth.clips}, truth.clips, None, seed=0)
    assert same.rows["pred"]["fvd"].value == pytest.approx(0, abs=1e-9)
    compat = AnimationJudge(settings(lpips_weights=lpips_weights, lpips_disco_compat=True), SILENT)
    other = measure_pairs("pred", videos["pred"], originals, compat, SILENT)
    assert other.clips[0].scores["lpips_alex"] != scores["lpips_alex"]


def test_other_sizes_rates_and_lengths(videos, tmp_path):
    write(tmp_path / "odd.mp4", [70 + k % 5 for k in range(20)], (96, 128), 32)
    judges = AnimationJudge(settings(), SILENT)
    originals = {"odd": videos["truth"][1]}
    found = measure_pairs("pred", [Item("odd", tmp_path / "odd.mp4")], originals, judges, SILENT)
    assert found.clips[0].scores["psnr"] > 15
    assert found.notes == ["odd has 10 frames with its recording in common"]
    with pytest.raises(UnsuitableInput, match="name of a recording"):
        measure_pairs("pred", videos["pred"], {"x": originals["odd"]}, judges, SILENT)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    found = measure_pairs("pred", [Item("odd", broken)], originals, judges, SILENT)
    assert "broken.mp4" in found.left_out["odd"]
