"""Windows and preparation of FVD's two conventions, on a network whose features are means."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from pipelines.metrics.fvd import VideoFeatures
from pipelines.support.errors import UnsuitableInput

CPU = torch.device("cpu")


class TinyI3D(nn.Module):
    """Means of brightness over halves of the clip, through the interface of the real file."""

    def forward(
        self, x: Tensor, rescale: bool = True, resize: bool = True, return_features: bool = False
    ) -> Tensor:
        assert not rescale and not resize and return_features
        half = x.shape[2] // 2
        return torch.stack([x[:, :, :half].mean((1, 2, 3, 4)), x[:, :, half:].std((1, 2, 3, 4))], 1)


@pytest.fixture
def features():
    return {name: VideoFeatures(TinyI3D(), name, CPU) for name in ("styleganv", "disco")}


def test_windows(features):
    plain, disco = features["styleganv"], features["disco"]
    frame = np.full((120, 200, 3), 255, np.uint8)
    clip = [plain.prepared(frame)] * 20
    assert clip[0].shape == (3, 224, 224)
    assert plain.of_clip(clip).tolist() == [[1.0, 0.0]]
    assert disco.of_clip([disco.prepared(frame)] * 20).shape == (5, 2)


def test_each_window_starts_a_frame_later(features):
    disco = features["disco"]
    greys = np.arange(0, 200, 10)
    clip = [torch.full((3, 224, 224), int(grey), dtype=torch.uint8) for grey in greys]
    found = disco.of_clip(clip)
    # The first half of a window, from [0, 255] to [-1, 1].
    expected = [greys[start : start + 8].mean() / 127.5 - 1 for start in range(5)]
    assert found[:, 0] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("convention", "least"), [("styleganv", 10), ("disco", 16)])
def test_clips_that_are_too_short(features, convention, least):
    clip = [torch.zeros(3, 224, 224, dtype=torch.uint8)] * (least - 1)
    with pytest.raises(UnsuitableInput, match=f"{least - 1} frames, FVD needs {least}"):
        features[convention].of_clip(clip)
    assert len(features[convention].of_clip([*clip, clip[0]])) == 1


def test_one_convention_crops_and_the_other_squeezes(features):
    wide = np.zeros((224, 448, 3), np.uint8)
    wide[:, :112] = 255
    cropped, squeezed = (features[name].prepared(wide) for name in ("styleganv", "disco"))
    assert int(cropped.max()) == 0
    assert float(squeezed.float().mean()) == pytest.approx(255 / 4, abs=1)


def test_a_network_of_another_interface_is_named():
    class Other(nn.Module):
        def forward(self, x: Tensor, rescale: bool, resize: bool, return_features: bool) -> Tensor:
            raise RuntimeError("no such features")

    odd = VideoFeatures(Other(), "styleganv", CPU, "--i3d odd.pt")
    with pytest.raises(UnsuitableInput, match=r"--i3d odd\.pt: another interface \(no such feat"):
        odd.of_clip([torch.zeros(3, 224, 224, dtype=torch.uint8)] * 10)
