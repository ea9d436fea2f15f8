"""What is kept of a clip: short gaps are bridged, long ones and other people end it."""

from dataclasses import replace

import numpy as np
import pytest
from made_landmarks import known_dance, landmarks_of, lost

from pipelines.capture.pieces import longest_piece
from pipelines.support.errors import UnsuitableInput


@pytest.fixture(scope="module")
def found():
    return landmarks_of(known_dance(240))


def test_all_of_a_whole_clip_is_kept(found):
    piece = longest_piece(found)
    assert (piece.start, piece.found.frames, piece.reasons) == (0, 240, ())
    assert not piece.bridged.any()


def test_half_a_second_is_bridged_on_a_line(found):
    piece = longest_piece(lost(found, 100, 115))
    assert piece.found.frames == 240 and piece.bridged.sum() == 15
    middle = (found.world[99] + found.world[115]) / 2
    np.testing.assert_allclose(piece.found.world[107], middle, atol=1e-9)
    assert (piece.found.visibility[100:115] == 0).all()


def test_more_than_half_a_second_cuts_and_says_so(found):
    piece = longest_piece(lost(found, 100, 116))
    assert (piece.start, piece.found.frames) == (116, 124)
    assert piece.reasons == ("nobody is found from 3.33 to 3.87 s",)


def test_a_cut_ends_a_piece(found):
    changed = found.changed.copy()
    changed[150] = 0.4
    piece = longest_piece(replace(found, changed=changed))
    assert (piece.start, piece.found.frames) == (0, 150)
    assert piece.reasons == ("another picture at 5.00 s",)


def test_somebody_else_ends_a_piece(found):
    image = found.image.copy()
    image[90:] += 250
    piece = longest_piece(replace(found, image=image))
    assert (piece.start, piece.found.frames) == (90, 150)
    assert piece.reasons == ("somebody else is followed from 3.00 s on",)


def test_too_little_is_refused_with_the_reasons(found):
    with pytest.raises(UnsuitableInput, match=r"no 2.5 s .* nobody is found from 2.00 to 8.00"):
        longest_piece(lost(found, 60, 240))
    with pytest.raises(UnsuitableInput, match="nobody is found in any frame"):
        longest_piece(lost(found, 0, 240))


def test_somebody_dressed_otherwise_ends_a_piece():
    found = landmarks_of(known_dance(150))
    clothes = found.clothes.copy()
    clothes[50:] = 0.4
    piece = longest_piece(replace(found, clothes=clothes))
    assert (piece.start, piece.found.frames) == (50, 100)
    assert "somebody dressed otherwise is followed from 1.67 s on" in piece.reasons
