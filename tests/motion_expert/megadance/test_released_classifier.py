"""A released classifier, built here as published from torch's own layers, judges alike in ours."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from pipelines.metrics.genre.columns import windows_of
from pipelines.metrics.genre.folder import CONFIG_NAME
from pipelines.metrics.genre.recogniser import Recogniser
from pipelines.motion.motion import Motion
from pipelines.motion_expert.megadance.released_classifier import import_classifier
from pipelines.support.errors import UnsuitableInput

SCRIPT = Path(__file__).parents[3] / "examples" / "import_megadance_classifier.py"
MEAN = {"smpl_trans_mean": torch.tensor(0.4), "smpl_poses_mean": torch.tensor(0.3)}
STD = {"smpl_trans_std": torch.tensor(0.9), "smpl_poses_std": torch.tensor(0.5)}


class Former(nn.Module):
    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(512, 8, dropout=0.25)
        self.layer = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)


class Published(nn.Module):
    """Names and order of the published encoder; time comes first in its layers."""

    def __init__(self):
        super().__init__()
        self.MLP_input = nn.Sequential(nn.Linear(147, 512), nn.Linear(512, 512))
        self.MLP_keypoint = nn.Sequential(nn.Linear(72, 512), nn.Linear(512, 512))
        self.MLP_output = nn.Sequential(nn.Linear(512, 128), nn.Linear(128, 20))
        self.dance_encoder = nn.Sequential()
        for number in range(8):
            self.dance_encoder.add_module(f"Dance_Former_{number}", Former())

    def forward(self, x):
        x = self.MLP_input(x)
        for former in self.dance_encoder:
            x = former.layer(x.transpose(0, 1)).permute(1, 2, 0)
            x = nn.functional.avg_pool1d(x, 3, 2, 1).transpose(1, 2)
        return self.MLP_output(x.mean(1))


@pytest.fixture(scope="module")
def published():
    torch.manual_seed(0)
    return Published().eval()


@pytest.fixture(scope="module")
def state(published):
    return {f"dance_encoder.{name}": value for name, value in published.state_dict().items()}


@pytest.fixture
def dance():
    random = np.random.default_rng(0)
    poses = random.normal(0, 0.4, (120, 24, 3)).astype(np.float32)
    return Motion(poses, random.normal(size=(120, 3)).astype(np.float32), 30.0, genre="Wei")


@pytest.mark.parametrize("prefix", ["", "cls_model."])
def test_it_judges_as_published(published, state, dance, tmp_path, prefix):
    renamed = {prefix + name: value for name, value in state.items()}
    import_classifier(renamed, MEAN, STD, tmp_path)
    found = Recogniser.load(tmp_path, torch.device("cpu"))
    (frames,) = windows_of(dance, 1024, "released")
    x = torch.from_numpy(frames).clone()
    x[:, :3] = (x[:, :3] - 0.4) / 0.9
    x[:, 3:] = (x[:, 3:] - 0.3) / 0.5
    with torch.no_grad():
        expected = published(x[None])
    np.testing.assert_allclose(found.logits(dance), expected.numpy(), atol=1e-5)
    assert found.number_of("Wei") == 2 and found.header.window == 1024


def test_what_is_missing_is_named(state, tmp_path):
    name = "dance_encoder.dance_encoder.Dance_Former_3.layer.layers.0.norm2.bias"
    with pytest.raises(UnsuitableInput, match=r"Dance_Former_3\.layer\.layers\.0\.norm2\.bias"):
        import_classifier({n: v for n, v in state.items() if n != name}, MEAN, STD, tmp_path)
    with pytest.raises(UnsuitableInput, match="smpl_trans_std"):
        import_classifier(state, MEAN, {"smpl_poses_std": torch.tensor(1.0)}, tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_script(state, python, tmp_path):
    torch.save({"model": state | {"smpl.v": torch.ones(2)}}, tmp_path / "model.pth")
    torch.save(MEAN, tmp_path / "mean.pt")
    torch.save(STD, tmp_path / "std.pt")

    said = python(SCRIPT, "model.pth", "mean.pt", "std.pt", "out").wait()
    assert (said.returncode, said.stdout.strip()) == (0, "out"), said.stderr
    assert json.loads((tmp_path / "out" / CONFIG_NAME).read_text())["frame"] == "released"
    wrong = python(SCRIPT, "mean.pt", "mean.pt", "std.pt", "no").wait()
    assert wrong.returncode == 3 and "lacks MLP_input.0.weight" in wrong.stderr
