"""The person brought to the size at which they are drawn."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.appearance_expert.puppet.cutting.body_parts import ARMS, HEAD, LEFT_ARM, LEGS
from pipelines.appearance_expert.puppet.cutting.figure import build_figure, with_matte
from pipelines.appearance_expert.puppet.puppet import prepare
from pipelines.keypoints.person import POINT


@pytest.fixture
def clean(colours):
    return np.full((360, 240, 3), colours["backdrop"], np.float32)


def at_scale(dance, scale):
    return replace(dance, reference_to_canvas=np.array([[scale, 0, 0], [0, scale, 0]]))


def test_points_and_pixels_are_cropped_together(hanging, standing, clean):
    figure = build_figure(hanging, standing(hanging), clean)
    shift = hanging.xy[0] - figure.xy[0]
    assert figure.xy + shift == pytest.approx(hanging.xy)
    x, y = np.round(figure.point("spine2")).astype(int)
    assert figure.raw[y, x] == pytest.approx(hanging.image[136, 120], abs=1)
    assert figure.matte[y, x] == 1 and figure.matte[0].max() == 0
    assert figure.limbs == (*ARMS, *LEGS) and figure.full and not figure.drawn
    assert figure.cut_row == len(figure.matte)


@pytest.mark.parametrize("scale", [0.5, 2.0])
def test_the_unit_is_half_the_shoulder_width_at_any_scale(hanging, standing, clean, scale):
    figure = build_figure(hanging, at_scale(standing(hanging), scale), clean)
    assert figure.unit == pytest.approx(scale * 56 / 2)
    spread = figure.xy[POINT["left_hand"]] - figure.xy[POINT["right_hand"]]
    assert spread == pytest.approx([scale * 192, 0])


def test_a_side_view_keeps_a_unit_by_its_spine(hanging, standing, clean):
    xy = hanging.xy.copy()
    xy[POINT["left_shoulder"]] = xy[POINT["right_shoulder"]]
    figure = build_figure(replace(hanging, xy=xy), standing(hanging), clean)
    assert figure.unit == pytest.approx(0.55 * 88 / 2)


def test_a_limb_that_is_not_seen_does_not_dance(hanging, standing, clean):
    confidence = np.ones(29)
    confidence[POINT["right_wrist"]] = 0.3
    figure = build_figure(replace(hanging, confidence=confidence), standing(hanging), clean)
    assert figure.limbs == (LEFT_ARM, *LEGS)


def test_half_a_body_goes_on_below_the_cut(hanging, standing, clean):
    half = replace(
        hanging, image=hanging.image[:230], matte=hanging.matte[:230], coverage="upper"
    )  # fmt: skip
    figure = build_figure(half, standing(half), clean[:230])
    assert not figure.full and figure.limbs == ARMS
    assert figure.cut_row < len(figure.matte)
    assert (figure.matte[figure.cut_row :] == figure.matte[figure.cut_row]).all()


def test_specks_beside_the_person_are_dropped(hanging, standing, clean):
    matte = hanging.matte.copy()
    matte[5:9, 5:9] = 1
    figure = build_figure(replace(hanging, matte=matte), standing(hanging), clean)
    assert figure.matte.shape == build_figure(hanging, standing(hanging), clean).matte.shape


def test_the_old_background_leaves_the_edges(hanging, standing, clean, green):
    figure = build_figure(hanging, standing(hanging), clean)
    edge = (figure.matte > 0.2) & (figure.matte < 0.8)
    assert green(figure.raw)[edge].any() and not green(figure.image)[edge].any()


def test_another_matte_cleans_other_edges(hanging, standing, clean):
    figure = build_figure(hanging, standing(hanging), clean)
    narrow = np.where(np.arange(figure.matte.shape[1]) < figure.point("neck")[0], figure.matte, 0)
    cut = with_matte(figure, narrow.astype(np.float32))
    assert (cut.matte == narrow).all() and (cut.raw == figure.raw).all()
    assert not np.array_equal(cut.image, figure.image)


def test_a_drawing_is_known_by_its_silhouette(hanging, standing, clean):
    drawing = replace(hanging, source="silhouette")
    assert build_figure(drawing, standing(drawing), clean).drawn


def test_a_picture_that_cuts_the_crown_off_gets_a_round_one(hanging, dance_of, poses, colours):
    cut = 40
    xy = hanging.xy - [0, cut]
    image, matte = hanging.image[cut:], hanging.matte[cut:]
    half = replace(hanging, image=image, matte=matte, xy=xy)
    down = {name: (x, y - cut + 40) for name, (x, y) in poses.hanging.items()}
    dance = replace(dance_of([down]), height=360 - cut)
    cut_out = prepare(half, dance, np.full((*matte.shape, 3), colours["backdrop"], np.float32))
    head = cut_out.layers[HEAD].alpha > 0.5
    widths = head.sum(1)[np.flatnonzero(head.any(1))]
    assert widths[0] < 0.75 * widths[6]
