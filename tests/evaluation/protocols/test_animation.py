"""The protocol animation: pairs by name, networks where there are weights, FVD of whole sets."""

from __future__ import annotations

import pytest

from pipelines.evaluation.items import Item
from pipelines.evaluation.protocols.animation import Animation
from pipelines.evaluation.results import judge
from pipelines.evaluation.sets import Sets
from pipelines.evaluation.settings import EvaluateConfig
from pipelines.support.errors import MissingAsset, UnsuitableInput
from pipelines.support.progress import SILENT


@pytest.fixture
def protocol(tmp_path):
    def make(**changes):
        values = {"video_frames": 20, "device": "cpu", "workspace": tmp_path / "w"} | changes
        return Animation(EvaluateConfig("animation", tmp_path, tmp_path, **values))

    return make


class Heard:
    def __init__(self):
        self.lines, self.stage = [], SILENT.stage

    def say(self, line):
        self.lines.append(line)


def test_the_hash_covers_conventions_and_not_weights(protocol, tmp_path):
    one = protocol().settings()
    assert one == {
        "frames": 20, "fps": 16.0, "size": None, "fvd": "styleganv", "lpips_disco_compat": False,
    }  # fmt: skip
    assert protocol(i3d=tmp_path / "a.pt", lpips_weights=tmp_path).settings() == one
    assert protocol(fvd="disco", video_side=64).settings() == one | {"fvd": "disco", "size": 64}
    assert (protocol().rule, protocol().hears, protocol().of_system([])) == (None, False, {})


def test_every_column_where_all_weights_are_there(protocol, videos, i3d, lpips_weights):
    heard = Heard()
    made = protocol(i3d=i3d, lpips_weights=lpips_weights)
    found = made.measure(Sets({"pred": videos["pred"]}, videos["truth"]), heard)
    assert heard.lines == []
    assert found["pred"].left_out == found["truth"].left_out == {}
    judged = judge("animation", {"pred": found["pred"].clips}, found["truth"].clips, None, 0)
    row = judged.rows["pred"]
    assert set(row) == {"fvd", "ssim", "ssim_gauss", "lpips_alex", "lpips_vgg", "psnr"}
    assert row["fvd"].value == pytest.approx((10 / 255) ** 2, rel=0.4)
    same = judge("animation", {"pred": found["truth"].clips}, found["truth"].clips, None, 0)
    assert same.rows["pred"]["fvd"].value == pytest.approx(0, abs=1e-9)


def test_what_has_no_weights_is_left_out_aloud(protocol, videos, lpips_weights):
    sets, heard = Sets({"pred": videos["pred"][:1]}, videos["truth"]), Heard()
    protocol().measure(sets, heard)
    assert heard.lines == [
        "FVD is left out: it needs --i3d i3d_torchscript.pt",
        "LPIPS is left out: it needs --lpips-weights FOLDER",
    ]
    (lpips_weights / "vgg.pth").unlink()
    heard = Heard()
    found = protocol(lpips_weights=lpips_weights).measure(sets, heard)
    assert heard.lines[1] == (
        "LPIPS (vgg) is left out: no vgg16-397923af.pth and vgg.pth below --lpips-weights"
    )
    assert "lpips_alex" in found["pred"].clips[0].scores


def test_only_driven_recordings_and_paired_videos_count(protocol, videos):
    alone = Item("alone", videos["pred"][0].path)
    found = protocol().measure(Sets({"a": [alone, *videos["pred"][:2]]}, videos["truth"]), SILENT)
    assert [clip.name for clip in found["a"].clips] == ["0", "1"]
    assert [clip.name for clip in found["truth"].clips] == ["0", "1"]
    with pytest.raises(UnsuitableInput, match="a: none of its 1 videos has the name of a rec"):
        protocol().measure(Sets({"a": [alone]}, videos["truth"]), SILENT)


def test_videos_that_cannot_be_read_are_left_out(protocol, videos, tmp_path):
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    broken = Item("0", tmp_path / "broken.mp4")
    sets = Sets({"a": [broken, videos["pred"][1]]}, videos["truth"])
    found = protocol().measure(sets, SILENT)["a"]
    assert [clip.name for clip in found.clips] == ["1"]
    assert "broken.mp4" in found.left_out["0"]


def test_missing_weights_are_named(protocol, videos, tmp_path):
    sets = Sets({"a": videos["pred"]}, videos["truth"])
    for option in ("i3d", "lpips_weights"):
        with pytest.raises(MissingAsset, match=f"--{option.replace('_', '-')} .*none"):
            protocol(**{option: tmp_path / "none"}).measure(sets, SILENT)


def test_an_exhibit_is_some_frames(protocol, videos):
    shown = protocol().exhibit(videos["pred"][0], "pred", "odd")
    assert len(shown.pictures) == 6 and not len(shown.speed)
