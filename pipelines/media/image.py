"""Still pictures in and out: any file Pillow reads becomes upright RGBA, within bounded memory."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from pipelines.support.errors import MacedanceError, UnsuitableInput, raise_stop_within
from pipelines.support.files import atomic_path

MIN_SIDE = 64
"""Below this nothing of a person can be told apart."""

MAX_DECODED_PIXELS = 80_000_000
"""What may be held in memory at once: 320 MB as RGBA. JPEGs are decoded reduced to fit."""

WORKING_PIXELS = 1600 * 1200

_READ_AT_ONCE = 1 << 28
"""Bytes of a file that are read into memory before it is decoded."""

_HIGHEST_16_BIT = 65535
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x1a\x45\xdf\xa3", "a video (Matroska or WebM)"),
    (8, b"AVI ", "a video (AVI)"),
    (0, b"FLV", "a video (FLV)"),
    (0, b"\x00\x00\x01\xba", "a video (MPEG)"),
    (0, b"\x00\x00\x01\xb3", "a video (MPEG)"),
    (0, b"\x30\x26\xb2\x75", "a video or sound (ASF, WMV)"),
    (8, b"WAVE", "a sound file (WAV)"),
    (0, b"ID3", "a sound file (MP3)"),
    (0, b"fLaC", "a sound file (FLAC)"),
    (0, b"OggS", "a sound or video file (Ogg)"),
    (0, b"%PDF", "a PDF document"),
)
_EXIF_ORIENTATION = 0x0112
_PICTURE_BRANDS = (b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis")


def open_picture(path: Path) -> Image.Image:
    """A picture that Pillow reads from memory, its pixels not yet decoded; raises what it likes.

    From a file Pillow asks for as many bytes as a damaged header claims, and Python makes room for
    them all before it finds that they are not there.
    """
    small = path.stat().st_size <= _READ_AT_ONCE
    return Image.open(io.BytesIO(path.read_bytes()) if small else path)


def load_picture(path: Path, max_pixels: int = WORKING_PIXELS) -> NDArray[np.uint8]:
    """Read a picture as (H, W, 4) uint8 RGBA, upright, scaled down to at most `max_pixels`.

    EXIF orientation is applied; palette, grey, 16-bit and CMYK pictures are converted; of an
    animation the first frame is taken. Alpha stays as in the file, 255 where it has none.

    Raises:
        UnsuitableInput: missing, empty, truncated, not a picture (and what it is instead), fully
            transparent, a side under MIN_SIDE, or too many pixels to decode in bounded memory.
    """
    head = _read_head(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with open_picture(path) as picture:
                pixels = _decode(picture, path, max_pixels)
    except UnidentifiedImageError:
        raise UnsuitableInput(
            f"{path}: {_what_it_is(head)}", "give a photo or drawing as PNG, JPEG or WebP"
        ) from None
    except Image.DecompressionBombError:
        raise _too_large(path, "") from None
    except (MacedanceError, MemoryError):
        raise
    except Exception as error:  # Pillow's readers raise what they like on damaged bytes
        raise_stop_within(error)
        raise UnsuitableInput(
            f"{path}: the picture is damaged or cut short ({error})",
            "open it in a viewer and save it again as PNG or JPEG",
        ) from None
    if not pixels[..., 3].any():
        raise UnsuitableInput(
            f"{path}: the picture is wholly transparent", "export it with the person visible"
        )
    return pixels


def picture_size(path: Path) -> tuple[int, int]:
    """(width, height) in pixels of a picture file as it is seen upright, without decoding it.

    Raises:
        UnsuitableInput: it is not a picture.
    """
    head = _read_head(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                # A PNG is decoded to the end in search of EXIF; `load_picture` refuses such ones.
                huge = picture.width * picture.height > MAX_DECODED_PIXELS
                if huge and "exif" not in picture.info:
                    return picture.size
                return picture.size[::-1] if _orientation(picture) >= 5 else picture.size
    except MemoryError:
        raise
    except Exception as error:  # as in `load_picture`
        raise_stop_within(error)
        raise UnsuitableInput(
            f"{path}: {_what_it_is(head)}", "give a photo or drawing as PNG, JPEG or WebP"
        ) from None


def save_png(path: Path, rgb: NDArray[np.uint8]) -> None:
    """Write (H, W, 3) RGB or (H, W, 4) RGBA uint8 as PNG, atomically."""
    with atomic_path(path) as temporary:
        Image.fromarray(rgb).save(temporary, format="PNG", compress_level=3)


def _read_head(path: Path) -> bytes:
    try:
        if not path.exists():
            raise UnsuitableInput(f"{path}: there is no such picture", "check the path")
        if not path.is_file():
            raise UnsuitableInput(f"{path}: is not a file", "give a picture file")
        with path.open("rb") as stream:
            head = stream.read(4096)
    except OSError as error:
        raise UnsuitableInput(f"{path}: cannot be read ({error.strerror})") from None
    if not head:
        raise UnsuitableInput(f"{path}: the file is empty", "give a PNG, JPEG or WebP picture")
    return head


def _decode(picture: Image.Image, path: Path, max_pixels: int) -> NDArray[np.uint8]:
    width, height = picture.size
    if min(width, height) < MIN_SIDE:
        raise UnsuitableInput(
            f"{path}: {width}x{height} pixels are too few, {MIN_SIDE} is the least side",
            "give a picture in which the person is at least a few hundred pixels tall",
        )
    target = _fit(width, height, max_pixels)
    # Only JPEG honours this: it decodes at 1/2, 1/4 or 1/8, never below twice the target.
    picture.draft(None, (2 * target[0], 2 * target[1]))
    if picture.width * picture.height > MAX_DECODED_PIXELS:
        raise _too_large(path, f" of {width}x{height}")
    picture.load()
    colour = _eight_bit(picture)
    if colour.size != target:
        colour = colour.resize(target, Image.Resampling.LANCZOS, reducing_gap=3.0)
    # Of what a camera noted only the orientation is taken along: the rest may be damaged.
    colour.info.pop("exif", None)
    colour.getexif().clear()
    colour.getexif()[_EXIF_ORIENTATION] = _orientation(picture)
    upright = ImageOps.exif_transpose(colour)
    return np.array(upright.convert("RGBA"))


def _orientation(picture: Image.Image) -> int:
    """EXIF's orientation, 1 ... 8; 1 where there is none, or one that means nothing."""
    value = picture.getexif().get(_EXIF_ORIENTATION, 1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _fit(width: int, height: int, max_pixels: int) -> tuple[int, int]:
    scale = min(1.0, (max_pixels / (width * height)) ** 0.5)
    return max(1, round(width * scale)), max(1, round(height * scale))


def _eight_bit(picture: Image.Image) -> Image.Image:
    """RGB, or premultiplied RGBa so that scaling does not bleed hidden colours into edges."""
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        values = np.asarray(picture, dtype=np.float32)
        top = float(values.max(initial=0.0))
        ceiling = (
            1.0 if picture.mode == "F" and top <= 1 else 255 if top <= 255 else _HIGHEST_16_BIT
        )
        grey = np.clip(values * (255 / max(ceiling, 1e-6)), 0, 255).astype(np.uint8)
        return Image.fromarray(grey).convert("RGB")
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in picture.info:
        return picture.convert("RGBA").convert("RGBa")
    return picture.convert("RGB")


def _too_large(path: Path, size: str) -> UnsuitableInput:
    return UnsuitableInput(
        f"{path}: a picture{size} is too large to decode (over "
        f"{MAX_DECODED_PIXELS // 1_000_000} million pixels)",
        "scale it down first, for example to 2000 pixels on the longer side",
    )


def _what_it_is(head: bytes) -> str:
    if head[4:8] == b"ftyp":
        if head[8:12] in _PICTURE_BRANDS:
            return "HEIC and AVIF pictures are not read here"
        return "is a video (MP4 or QuickTime), not a picture"
    for offset, signature, name in _SIGNATURES:
        if head[offset : offset + len(signature)] == signature:
            return f"is {name}, not a picture"
    if b"<svg" in head:
        return "is a vector drawing (SVG)"
    try:
        text = head.decode("utf-8", errors="strict" if len(head) < 4096 else "ignore")
    except UnicodeDecodeError:
        return "is not a picture that can be read"
    printable = sum(character.isprintable() or character.isspace() for character in text)
    if printable > 0.97 * max(1, len(head)):
        return "is a text file, not a picture"
    return "is not a picture that can be read"
