"""What stands in a page: all of it in one file, its text harmless, its feet and beats right."""

from __future__ import annotations

import base64
import json
import re

import numpy as np
import pytest

from pipelines.body.wardrobe import dressed_body
from pipelines.media.audio import write_wav
from pipelines.page.writing import Page, PageDance, Section, write_page
from pipelines.support.errors import UnsuitableInput


def contents(path):
    text = path.read_text(encoding="utf-8")
    return json.loads(re.search(r"window\.MACEDANCE = (.*);</script>", text).group(1))


def test_everything_lies_in_the_file_and_nothing_may_be_asked_for(written, tiny_song):
    path = written(
        song=tiny_song,
        beats=[-0.1, 0.5, 99.0],
        sections=[Section(0, 2, "A"), Section(2, 9, "B"), Section(9, 11, "A")],
    )
    text = path.read_text(encoding="utf-8")
    assert "default-src 'none'" in text and "@" not in re.sub(r"<script>.*</script>", "", text,
                                                              flags=re.DOTALL)[:200]  # fmt: skip
    assert not re.search(r"<(script|link|img|video|audio)[^>]+(src|href)=", text)
    assert "three.js" in text and "SPDX-License-Identifier: MIT" in text
    found = contents(path)
    assert found["beats"] == [0.5] and found["seconds"] == pytest.approx(4.0)
    assert found["sections"] == [
        {"start": 0, "end": 2, "label": "A"}, {"start": 2, "end": 4.0, "label": "B"},
    ]  # fmt: skip
    assert found["dances"][0]["checks"] == [
        {"kind": "slide", "from": 1, "to": 2, "score": 0.4, "note": ""}
    ]
    assert base64.b64decode(found["dances"][0]["glb"])[:4] == b"glTF"
    assert base64.b64decode(found["sound"]["data"])[4:8] == b"ftyp"


def test_a_name_cannot_end_the_page(tmp_path, dance, stick):
    target = tmp_path / "p.html"
    write_page(Page([PageDance("</script><b>&", dance(), stick)]), target)
    text = target.read_text(encoding="utf-8")
    assert "</script><b>&" not in text
    assert "&lt;/script&gt;&lt;b&gt;&amp;" in text
    assert contents(target)["dances"][0]["name"] == "</script><b>&"


def test_standing_feet_are_spans_of_seconds(tmp_path, stick):
    from pipelines.motion.motion import Motion

    poses = np.zeros((90, 24, 3), np.float32)
    poses[:, 0, 0] = np.pi / 2
    still = Motion(poses, np.full((90, 3), [0, 0, 0.956], np.float32), 30.0)
    write_page(Page([PageDance("still", still, stick)]), tmp_path / "p.html")
    (found,) = contents(tmp_path / "p.html")["dances"]
    assert found["left"] == found["right"] == [[0.0, 3.0]]


def test_the_same_page_has_the_same_bytes_and_a_bad_song_leaves_none(written, tiny_song, tmp_path):
    one = written(song=tiny_song).read_bytes()
    assert written(song=tiny_song).read_bytes() == one
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"RIFF....")
    (tmp_path / "page.html").unlink()
    with pytest.raises(UnsuitableInput):
        written(song=bad)
    assert not (tmp_path / "page.html").exists()


def test_three_minutes_with_their_song_stay_under_15_megabytes(tmp_path, dance):
    """What a page weighs grows by the second; noise is the song that shrinks least."""
    samples = np.random.default_rng(0).normal(0, 0.2, 8 * 44_100)
    write_wav(tmp_path / "noise.wav", samples, 44_100)
    sizes = []
    for seconds in (4, 8):
        shown = PageDance("d", dance(0, seconds * 30), dressed_body())
        beats = np.arange(0, seconds, 0.4).tolist()
        write_page(Page([shown], song=tmp_path / "noise.wav", beats=beats), tmp_path / "p.html")
        sizes.append((tmp_path / "p.html").stat().st_size)
    assert sizes[1] + (180 - 8) * (sizes[1] - sizes[0]) / 4 <= 15_000_000
