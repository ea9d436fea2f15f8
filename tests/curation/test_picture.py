"""Black bars, fingerprints, and repeats."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipelines.curation.duplicates import Catalogue, sequence_distance
from pipelines.curation.picture import black_bars, hash_distances, perceptual_hash


def picture(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rough = rng.uniform(30, 255, (12, 16, 3)).astype(np.float32)
    return cv2.resize(rough, (320, 240), interpolation=cv2.INTER_CUBIC).clip(25, 255).astype("u1")


def test_bars_are_measured() -> None:
    frame = picture(0)
    assert black_bars(frame) == 0
    frame[:30] = frame[-30:] = 10
    assert black_bars(frame) == pytest.approx(0.25)
    frame[:, :80] = 0
    assert black_bars(frame) == pytest.approx(1 - 0.75 * 0.75)
    assert black_bars(np.zeros((20, 20, 3), np.uint8)) == 0


def test_a_fingerprint_survives_re_encoding_and_tells_pictures_apart() -> None:
    frame = picture(1)
    jpeg = cv2.imdecode(cv2.imencode(".jpg", frame, [1, 40])[1], 1)
    small = cv2.resize(jpeg, (160, 120), interpolation=cv2.INTER_AREA)
    darker = (frame * 0.8).astype(np.uint8)
    hashes = np.array([perceptual_hash(f) for f in (frame, small, darker)], np.uint64)
    assert hash_distances(hashes[:1], hashes).max() <= 4
    others = np.array([perceptual_hash(picture(seed)) for seed in range(2, 12)], np.uint64)
    assert hash_distances(hashes[:1], others).min() > 12


def bits(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**63, count, dtype=np.uint64)


def test_repeats_are_found_at_any_offset_and_in_spite_of_noise() -> None:
    film = bits(40, 1)
    again = film[7:31] ^ np.uint64(5)
    assert sequence_distance(film, film) == 0
    assert sequence_distance(film, again) == 2
    assert sequence_distance(film, bits(24, 2)) > 25
    catalogue = Catalogue()
    catalogue.add("first", "shot a", film)
    assert catalogue.nearest("shot b", again) == ("first", 2.0)
    assert catalogue.nearest("shot a", again) is None
    assert catalogue.nearest("shot b", bits(24, 3)) is None
