"""What a file holds, asked of ffprobe. `test_carried_probe.py` asks on machines without it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipelines.media.audio import write_wav
from pipelines.media.ffmpeg import LOCAL_ONLY
from pipelines.media.probe import ffprobe_json
from pipelines.support.errors import UnsuitableInput


@pytest.fixture
def song(tmp_path: Path) -> Path:
    write_wav(tmp_path / "a.wav", 0.3 * np.sin(np.arange(16_000) / 20), 16_000)
    return tmp_path / "a.wav"


def test_what_a_file_holds(song):
    report = ffprobe_json(song)
    (stream,) = report["streams"]
    assert (stream["codec_type"], stream["sample_rate"]) == ("audio", "16000")
    assert float(report["format"]["duration"]) == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["a:b.wav", "pipe:0.wav", "-v.wav", "über 'quoted'.wav"])
def test_names_are_never_read_as_protocols_or_options(song, tmp_path, name):
    odd = tmp_path / name
    odd.write_bytes(song.read_bytes())
    assert ffprobe_json(odd)["streams"]


def test_missing_empty_and_other_files(tmp_path):
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("hello")
    for name, says in (
        ("absent.wav", "no such file"), ("empty.wav", "the file is empty"),
        ("text.wav", "not audio or video that ffmpeg can read"),
    ):  # fmt: skip
        with pytest.raises(UnsuitableInput, match=rf"{name}: {says}"):
            ffprobe_json(tmp_path / name)
    with pytest.raises(UnsuitableInput, match="no such file"):
        ffprobe_json(tmp_path)


def test_playlists_cannot_open_addresses(tmp_path, monkeypatch):
    """A file that names an address is refused, however it is called."""
    (tmp_path / "list.m3u8").write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://localhost:1/a.ts\n#EXT-X-ENDLIST\n"
    )
    with pytest.raises(UnsuitableInput, match="not audio or video"):
        ffprobe_json(tmp_path / "list.m3u8")
    assert "http" not in LOCAL_ONLY
    with pytest.raises(UnsuitableInput), monkeypatch.context() as without:
        without.setenv("PATH", "/nowhere")
        ffprobe_json(tmp_path / "list.m3u8")
