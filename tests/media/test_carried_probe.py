"""What PyAV's libraries say of a file is what ffprobe says, field by field."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from pipelines.media import carried_probe, probe
from pipelines.media.audio import probe_audio, write_wav
from pipelines.media.ffmpeg import NotAMedium
from pipelines.media.video import frame_times, probe_video
from pipelines.media.video_writer import VideoWriter
from pipelines.support.errors import UnsuitableInput

PICTURE = ("width", "height", "pix_fmt", "avg_frame_rate", "r_frame_rate", "color_transfer")
SOUND = ("sample_rate", "channels")
MADE = {
    "plain.mp4": "-i film.mp4 -c copy",
    "turned.mp4": "-i film.mp4 -c copy -metadata:s:v:0 rotate=90",
    "wide.mp4": "-i film.mp4 -vf setsar=4/3",
    "deep.mp4": "-i film.mp4 -an -vf format=yuv420p10le -c:v libx265 -x265-params log-level=none"
    " -color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc",
    "thinned.mp4": "-i film.mp4 -vf select=lt(n\\,9)+not(mod(n\\,3)) -vsync vfr",
    "cut.mp4": "-ss 0.3 -i film.mp4 -c copy",
    "late.mkv": "-itsoffset 0.7 -i film.mp4 -i film.mp4 -map 0:v -map 1:a -c copy",
    "stream.ts": "-i film.mp4 -c copy",
    "two.mka": "-i a.wav -i a.wav -map 0 -map 1 -disposition:a:0 0 -disposition:a:1 default",
    "a.mp3": "-i a.wav -write_xing 0 -id3v2_version 0",
    "cover.m4a": "-i a.wav -i dot.png -map 0 -map 1 -c:v png -disposition:v attached_pic",
    "a.ogg": "-i a.wav -ac 2",
    "locked.mp4": "-i film.mp4 -an -c copy -encryption_scheme cenc-aes-ctr -encryption_key"
    " 76a6c65c5ea762046bd749a2e632ccbb -encryption_kid a7e61c373e219033c21091fa607bf3b8",
}
NAMES = [*MADE, "a.wav", "dot.png"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    write_wav(folder / "a.wav", 0.3 * np.sin(np.arange(44_100) / 20), 44_100)
    film = VideoWriter(folder / "film.mp4", 64, 96, Fraction(25), audio=folder / "a.wav")
    with film as video:
        for number in range(25):
            video.write(np.full((96, 64, 3), 9 * number, np.uint8))
    for name, arguments in {"dot.png": "-i film.mp4 -frames:v 1", **MADE}.items():
        line = ["ffmpeg", "-v", "fatal", "-nostdin", *arguments.split(" "), name]
        subprocess.run(line, cwd=folder, check=True)
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_streams_and_format(folder, name):
    (said, told), (carried, carried_told) = (
        one.examine(folder / name) for one in (probe, carried_probe)
    )
    assert carried["format"]["format_name"] == said["format"]["format_name"]
    assert len(carried["streams"]) == len(said["streams"])
    pairs = [*zip(carried["streams"], said["streams"], strict=True)]
    for ours, theirs in pairs:
        assert ours["codec_type"] == theirs["codec_type"]
        for key in PICTURE if ours["codec_type"] == "video" else SOUND:
            assert ours.get(key) == theirs.get(key), key
        for key in ("default", "attached_pic"):
            assert ours["disposition"][key] == theirs["disposition"][key], key
        assert ours.get("sample_aspect_ratio", "1:1") == theirs.get("sample_aspect_ratio", "1:1")
        assert ours.get("nb_frames") == theirs.get("nb_frames")
        turns = [side for side in theirs.get("side_data_list", []) if "rotation" in side]
        assert [one["rotation"] for one in ours.get("side_data_list", [])] == [
            one["rotation"] for one in turns
        ]
    for ours, theirs in [*pairs, (carried["format"], said["format"])]:
        for key in ("start_time", "duration"):
            assert (key in ours) == (key in theirs), key
            # Later releases of ffmpeg take the encoder's delay into account in mp3 and ogg.
            assert float(ours.get(key, 0)) == pytest.approx(float(theirs.get(key, 0)), abs=0.05)
    assert ("Estimating duration" in carried_told) == ("Estimating duration" in told)


@pytest.mark.parametrize("name", NAMES)
def test_packets_and_encryption(folder, name):
    carried, said = (one.picture_packets(folder / name) for one in (carried_probe, probe))
    assert [packet.get("pts_time") for packet in carried] == [
        packet.get("pts_time") for packet in said
    ]
    for mark in "KD":
        assert [mark in packet["flags"] for packet in carried] == [
            mark in packet["flags"] for packet in said
        ]
    assert probe.is_encrypted(folder / name) == (name == "locked.mp4")
    assert carried_probe.is_encrypted(folder / name) == (name == "locked.mp4")


def test_what_is_no_medium(tmp_path):
    for name, content in (
        ("text.wav", b"hello"), ("noise.mp4", bytes(range(256)) * 9),
        ("list.m3u8", b"#EXTM3U\n#EXTINF:9,\nhttp://localhost:1/a.ts\n#EXT-X-ENDLIST\n"),
    ):  # fmt: skip
        (tmp_path / name).write_bytes(content)
        for ask in (probe.examine, carried_probe.examine):
            with pytest.raises(NotAMedium):
                ask(tmp_path / name)
        assert carried_probe.picture_packets(tmp_path / name) == []
        assert not carried_probe.is_encrypted(tmp_path / name)


def test_a_machine_without_ffprobe_sees_the_same(folder, monkeypatch):
    names = ["plain.mp4", "turned.mp4", "wide.mp4", "deep.mp4", "thinned.mp4", "cut.mp4"]
    seen = [(probe_video(folder / name), frame_times(folder / name)) for name in names]
    heard = [probe_audio(folder / name) for name in ("a.wav", "two.mka", "plain.mp4")]
    monkeypatch.setenv("PATH", "/nowhere")
    for name, (info, times) in zip(names, seen, strict=True):
        assert probe_video(folder / name) == info
        np.testing.assert_array_equal(frame_times(folder / name), times)
    assert [probe_audio(folder / name) for name in ("a.wav", "two.mka", "plain.mp4")] == heard
    (folder / "text.mp4").write_text("hello")
    with pytest.raises(UnsuitableInput, match="not audio or video"):
        probe_video(folder / "text.mp4")
