"""Pictures in: every kind that Pillow reads, upright and bounded; everything else refused."""

from __future__ import annotations

import resource
import struct
import tracemalloc
import zlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipelines.keypoints.files import read_mask
from pipelines.media.image import _orientation, load_picture, picture_size, save_png
from pipelines.support.errors import UnsuitableInput

RED, GREEN = (220, 30, 40), (20, 180, 60)


def halves(width: int = 120, height: int = 200) -> Image.Image:
    """Red above, green below."""
    picture = Image.new("RGB", (width, height), RED)
    picture.paste(GREEN, (0, height // 2, width, height))
    return picture


def close(pixel: np.ndarray, colour: tuple[int, int, int], by: int = 12) -> bool:
    return bool(np.abs(pixel[:3].astype(int) - colour).max() <= by)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp", ".tiff", ".gif"])
def test_reads_common_formats(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"picture{suffix}"
    halves().save(path)
    pixels = load_picture(path)
    assert pixels.shape == (200, 120, 4) and pixels.dtype == np.uint8
    assert close(pixels[20, 60], RED) and close(pixels[180, 60], GREEN)
    assert (pixels[..., 3] == 255).all()


def test_exif_orientation_is_applied(tmp_path: Path) -> None:
    path = tmp_path / "turned.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate 90 degrees clockwise to look at it
    halves().rotate(90, expand=True).save(path, exif=exif, quality=95)
    pixels = load_picture(path)
    assert pixels.shape[:2] == (200, 120) and picture_size(path) == (120, 200)
    assert close(pixels[20, 60], RED) and close(pixels[180, 60], GREEN)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "CMYK", "I;16", "RGBA"])
def test_modes_become_rgba(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("picture.tiff" if mode == "CMYK" else "picture.png")
    if mode == "I;16":
        ramp = np.linspace(0, 65535, 128 * 96).reshape(96, 128).astype(np.uint16)
        Image.fromarray(ramp).save(path)
        pixels = load_picture(path)
        assert pixels[0, 0, 0] == 0 and pixels[-1, -1, 0] == 255
        assert abs(int(pixels[48, 0, 0]) - 128) <= 1
    else:
        halves().convert(mode).save(path)
        pixels = load_picture(path)
        assert pixels.shape == (200, 120, 4)
        assert pixels[20, 60, 0] != pixels[180, 60, 0] or mode in ("1", "L", "LA")


def test_alpha_survives_and_scaling_does_not_bleed_hidden_colours(tmp_path: Path) -> None:
    pixels = np.zeros((1000, 1000, 4), np.uint8)
    pixels[..., 2] = 255  # what is transparent is blue
    pixels[300:700, 300:700] = (250, 200, 0, 255)
    path = tmp_path / "cut-out.png"
    Image.fromarray(pixels).save(path)
    loaded = load_picture(path, max_pixels=100 * 100)
    assert loaded.shape == (100, 100, 4)
    edge = loaded[(loaded[..., 3] > 20)]
    assert edge[:, 2].max() < 60
    assert loaded[5, 5, 3] == 0 and loaded[50, 50, 3] == 255


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.png", b"", "empty"),
        ("song.txt.png", b"la la la, this is no picture at all\n" * 9, "text file"),
        ("film.png", b"\0\0\0\x18ftypmp42" + bytes(300), "video"),
        ("film2.jpg", b"\x1a\x45\xdf\xa3" + bytes(300), "video"),
        ("film3.jpg", b"RIFF\0\0\0\0AVI LIST" + bytes(300), "video"),
        ("sound.png", b"RIFF\0\0\0\0WAVEfmt " + bytes(300), "sound"),
        ("phone.heic", b"\0\0\0\x18ftypheic" + bytes(300), "HEIC"),
        ("noise.png", bytes(range(256)) * 9, "not a picture"),
    ],
)
def test_what_is_no_picture_is_named(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnsuitableInput, match=says) as caught:
        load_picture(path)
    assert str(path) in caught.value.what


def test_missing_folder_truncated_tiny_and_transparent_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsuitableInput, match="no such"):
        load_picture(tmp_path / "nothing.png")
    with pytest.raises(UnsuitableInput, match="not a file"):
        load_picture(tmp_path)
    whole = tmp_path / "whole.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)).save(whole)
    for suffix, kept in ((".png", 0.5), (".png", 0.02)):
        cut = tmp_path / f"cut{suffix}"
        cut.write_bytes(whole.read_bytes()[: int(kept * whole.stat().st_size)])
        with pytest.raises(UnsuitableInput, match=r"damaged|cut short"):
            load_picture(cut)
    dot = tmp_path / "dot.png"
    Image.new("RGB", (1, 1)).save(dot)
    with pytest.raises(UnsuitableInput, match="1x1"):
        load_picture(dot)
    ghost = tmp_path / "ghost.png"
    Image.new("RGBA", (100, 100), (0, 0, 0, 0)).save(ghost)
    with pytest.raises(UnsuitableInput, match="transparent"):
        load_picture(ghost)


def huge_png(path: Path, side: int) -> None:
    """The beginning of a PNG of side x side pixels, as a bomb would be."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    packed = zlib.compress(bytes(1 + 3 * side))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed))


def test_a_picture_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for side in (10_000, 20_000):
        path = tmp_path / f"{side}.png"
        huge_png(path, side)
        with pytest.raises(UnsuitableInput, match="too large") as caught:
            load_picture(path)
        assert "scale it down" in caught.value.hint
    grown_mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown_mib < 100


def test_the_size_of_a_picture_bomb_is_told_without_decoding_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    huge_png(tmp_path / "a.png", 10_000)
    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", None)
    assert picture_size(tmp_path / "a.png") == (10_000, 10_000)


def test_a_large_photo_is_scaled_down(tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    halves(6000, 8000).save(path)
    pixels = load_picture(path)
    assert pixels.shape[0] * pixels.shape[1] <= 1.01 * 1600 * 1200
    assert pixels.shape[0] / pixels.shape[1] == pytest.approx(8000 / 6000, rel=0.01)
    assert close(pixels[100, 100], RED) and close(pixels[-100, 100], GREEN)


def test_png_round_trip(tmp_path: Path) -> None:
    rgb = np.random.default_rng(0).integers(0, 255, (70, 90, 3), np.uint8)
    save_png(tmp_path / "deep" / "out.png", rgb)
    assert (load_picture(tmp_path / "deep" / "out.png")[..., :3] == rgb).all()
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["out.png"]


@pytest.mark.parametrize("value", ["6", 9, 0, (6, 6), b"\x06"])
def test_an_orientation_that_means_nothing_is_none(tmp_path: Path, value: object) -> None:
    """Cameras and editors have written texts, two numbers and 9."""
    path = tmp_path / "a.png"
    exif = Image.Exif()
    exif[0x0112] = value
    halves().save(path)
    with Image.open(path) as picture:
        picture.getexif().update(dict(exif))
        assert _orientation(picture) == 1


def test_size_and_picture_agree_about_the_orientation(tmp_path: Path) -> None:
    for value in range(1, 10):
        path = tmp_path / f"{value}.jpg"
        exif = Image.Exif()
        exif[0x0112] = value
        halves().resize((128, 96)).save(path, exif=exif)
        height, width = load_picture(path).shape[:2]
        assert picture_size(path) == (width, height)


def test_whatever_pillow_raises_on_damaged_bytes_is_a_refusal(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGB", (80, 80), "red").save(path)
    data = path.read_bytes()
    path.write_bytes(data[:8] + b"\0\0\0\4" + data[12:])  # ValueError: Truncated IHDR chunk
    for read in (load_picture, picture_size):
        with pytest.raises(UnsuitableInput):
            read(path)


def test_a_length_that_is_claimed_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    halves().save(path)
    data = path.read_bytes()
    place = data.index(b"IDAT")
    path.write_bytes(data[: place - 4] + b"\x7f\xff\xff\xff" + data[place:])
    tracemalloc.start()
    try:
        for read in (load_picture, lambda it: read_mask(it, 120, 200)):
            with suppress(UnsuitableInput):
                read(path)
        assert tracemalloc.get_traced_memory()[1] < 1 << 26
    finally:
        tracemalloc.stop()
