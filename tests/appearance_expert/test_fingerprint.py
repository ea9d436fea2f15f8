"""A digest that follows what is in the files: read where they are small."""

import os

import pytest

from pipelines.appearance_expert import fingerprint
from pipelines.appearance_expert.fingerprint import files_digest


@pytest.fixture
def model(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    for name in ("a", "b"):
        (folder / name).write_bytes(name.encode() * 100)
    return folder


def digest(folder):
    return files_digest(folder.iterdir(), folder)


def test_it_follows_content_and_names_not_place_or_time(model, tmp_path):
    before = digest(model)
    moved = model.rename(tmp_path / "moved")
    os.utime(moved / "a", (0, 0))
    assert digest(moved) == before
    (moved / "a").write_bytes(b"x" * 100)
    assert digest(moved) != before
    (moved / "a").write_bytes(b"a" * 100)
    assert digest(moved) == before
    (moved / "b").rename(moved / "c")
    assert digest(moved) != before


def test_large_files_are_not_read_but_told_by_their_last_change(model, monkeypatch):
    monkeypatch.setattr(fingerprint, "SMALL", 50)
    monkeypatch.setattr(fingerprint, "sha256_file", None)
    os.utime(model / "a", (10, 10))
    before = digest(model)
    assert digest(model) == before
    os.utime(model / "a", (11, 11))
    assert digest(model) != before
