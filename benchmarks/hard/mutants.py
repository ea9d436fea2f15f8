"""Files changed at random: bytes and cuts anywhere, numbers in texts, and inside checksums."""

from __future__ import annotations

import io
import random
import re
import struct
import zipfile
import zlib

EXTREMES = tuple(
    struct.pack("<I", number)
    for number in (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 2**32 - 1)
)  # fmt: skip
WORDS = (
    b"", b"-1", b"0", b"1e999", b"NaN", b"-Infinity", b"9" * 30, b"9" * 5000, b"1e-320", b"true",
    b"null", b"[]", b"{}", b'"a"', b"\x00", b"\xff\xfe", b"[" * 3000, b"1_0", b"0x10", "é".encode(),
)  # fmt: skip
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_PNG = b"\x89PNG\r\n\x1a\n"


def mutated(original: bytes, chance: random.Random) -> bytes:
    """One to four changes, by what kind of file it is."""
    data = original
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        data = _once(data, chance)
    return data


def _once(data: bytes, chance: random.Random) -> bytes:
    if data.startswith(b"PK") and chance.random() < 0.6:
        return _inside_zip(data, chance)
    if data.startswith(_PNG) and chance.random() < 0.6:
        return _inside_png(data, chance)
    if _is_text(data) and chance.random() < 0.6:
        return _other_word(data, chance)
    return _other_bytes(data, chance)


def _is_text(data: bytes) -> bool:
    return b"\x00" not in data[:200] and sum(byte < 128 for byte in data[:200]) > 180


def _other_bytes(data: bytes, chance: random.Random) -> bytes:
    if not data:
        return bytes([chance.randrange(256)])
    # Headers are at the front: every other change falls there.
    place = chance.randrange(min(len(data), 200) if chance.random() < 0.5 else len(data))
    size = min(len(data) - place, chance.choice((1, 1, 2, 8, 64, 1000)))
    end = place + size
    kind = chance.randrange(8)
    if kind < 2:
        changed = bytes(byte ^ (1 << chance.randrange(8)) for byte in data[place:end])
        return data[:place] + changed + data[end:]
    if kind == 2:
        return data[:place] + chance.randbytes(size) + data[end:]
    if kind == 3:
        value = chance.choice(EXTREMES)
        value = value[::-1] if chance.random() < 0.5 else value
        return data[:place] + value + data[place + 4 :]
    if kind == 4:
        return data[:place]
    if kind == 5:
        return data[:place] + data[end:]
    if kind == 6:
        return data[:place] + data[place:end] * chance.choice((2, 3, 20)) + data[end:]
    other = chance.randrange(len(data))
    return data[:place] + data[other : other + size] + data[end:]


def _other_word(data: bytes, chance: random.Random) -> bytes:
    places = [match.span() for match in _NUMBER.finditer(data)]
    words = [match.span() for match in re.finditer(rb"\w+|[^\w\s]", data[:20000])]
    if not words:
        return _other_bytes(data, chance)
    begin, end = chance.choice(places if places and chance.random() < 0.6 else words)
    if chance.random() < 0.3:
        other = chance.choice(words)
        return data[:begin] + data[slice(*other)] + data[end:]
    return data[:begin] + chance.choice(WORDS) + data[end:]


def _inside_zip(data: bytes, chance: random.Random) -> bytes:
    """Change what a member holds or is called; the checksums are right again."""
    made = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [(entry.filename, archive.read(entry)) for entry in archive.infolist()]
    except Exception:
        return _other_bytes(data, chance)
    chosen = chance.randrange(len(members)) if members else 0
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (name, content) in enumerate(members):
            if number == chosen:
                kind = chance.randrange(8)
                if kind == 0:
                    continue
                if kind == 1:
                    name = chance.choice([other for other, _ in members])
                else:
                    content = _other_bytes(content, chance)
            archive.writestr(zipfile.ZipInfo(name), content)
    return made.getvalue()


def _inside_png(data: bytes, chance: random.Random) -> bytes:
    """Change a chunk; its checksum is right again."""
    place, chunks = len(_PNG), []
    while place + 12 <= len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        chunks.append((data[place + 4 : place + 8], data[place + 8 : place + 8 + size]))
        place += 12 + size
    if not chunks:
        return _other_bytes(data, chance)
    number = chance.randrange(len(chunks))
    kind, content = chunks[number]
    chunks[number] = (kind, _other_bytes(content, chance))
    if chance.random() < 0.2:
        chunks.insert(chance.randrange(len(chunks)), chance.choice(chunks))
    made = _PNG
    for kind, content in chunks:
        made += struct.pack(">I", len(content)) + kind + content
        made += struct.pack(">I", zlib.crc32(kind + content))
    return made
