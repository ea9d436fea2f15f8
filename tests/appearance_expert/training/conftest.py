"""A workspace of small clips, and a tiny model's encoders; both are made in seconds."""

from fractions import Fraction

import numpy as np
import pytest

from pipelines.keypoints.files import save_keypoints
from pipelines.media.video_writer import VideoWriter
from pipelines.workspace.clips import KEYPOINTS, VIDEO, finish_clip
from pipelines.workspace.layout import Workspace


def write_clip(workspace, name, dance, split=None, seed=0, kept=True):
    """A clip in which a bright square goes along a swaying dancer's nose."""
    folder = Workspace(workspace).clip(name)
    folder.mkdir(parents=True)
    random = np.random.default_rng(seed)
    backdrop = random.integers(40, 90, (dance.height, dance.width, 3)).astype(np.uint8)
    fps = Fraction(round(dance.fps))
    with VideoWriter(folder / VIDEO, dance.width, dance.height, fps, preset="ultrafast") as video:
        for xy in dance.xy:
            frame = backdrop.copy()
            x, y = (int(v) for v in xy[24])
            frame[max(0, y - 4) : y + 4, max(0, x - 4) : x + 4] = (255, 200, 60)
            video.write(frame)
    save_keypoints(folder / KEYPOINTS, dance)
    facts = {"id": name, "source": {"sha256": name, "file": "x", "start": 0}, "kept": kept}
    finish_clip(folder, facts | ({"split": split} if split else {}), [VIDEO, KEYPOINTS])
    return folder


@pytest.fixture(scope="session")
def clip_workspace(tmp_path_factory, swaying):
    """Three clips to train on, one held out, one too short, one turned down."""
    root = tmp_path_factory.mktemp("clips")
    for number, frames in enumerate((12, 9, 9)):
        write_clip(root, f"train{number}", swaying(frames, 48, 64), "train", seed=number)
    write_clip(root, "held", swaying(9, 48, 64), "test", seed=7)
    write_clip(root, "short", swaying(4, 48, 64), "train", seed=8)
    write_clip(root, "dropped", swaying(9, 48, 64), "train", seed=9, kept=False)
    return root


@pytest.fixture(scope="session")
def tiny_encoders(tiny_wan):
    import torch

    from pipelines.appearance_expert.training.encoders import Encoders
    from pipelines.appearance_expert.wan.weights import find_wan

    return Encoders(find_wan(str(tiny_wan)), torch.device("cpu"))


@pytest.fixture
def tiny_transformer(tiny_wan):
    from diffusers import WanAnimateTransformer3DModel

    return WanAnimateTransformer3DModel.from_pretrained(tiny_wan, subfolder="transformer")
