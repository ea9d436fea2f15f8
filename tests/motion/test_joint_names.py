"""Every convention of joint names is found, whatever its case, namespace or prefix."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.motion.joint_names import CONVENTIONS, REQUIRED, Convention, find_parts, plain_names
from pipelines.support.errors import UnsuitableInput

EVERY = pytest.mark.parametrize("convention", CONVENTIONS.values(), ids=list(CONVENTIONS))
MIDDLE = ("pelvis", "neck", "head")


def rig(convention: Convention, alias: int = 0) -> dict[str, str]:
    """Part -> joint name of a skeleton named so, with the given (or last) alias of each part."""
    names = {}
    for part, aliases in convention.parts.items():
        name = aliases[min(alias, len(aliases) - 1)]
        if part in MIDDLE:
            names[part] = name
        else:
            for side, word in zip(("left", "right"), convention.sides, strict=True):
                names[f"{side}_{part}"] = name.format(side=word)
    return names


@EVERY
@pytest.mark.parametrize("alias", [0, 1, 2])
def test_each_joint_plays_the_part_that_it_is_named_for(convention, alias):
    names = rig(convention, alias)
    found = find_parts(tuple(names.values()))
    assert {part: tuple(names.values())[joint] for part, joint in found.items()} == names


@EVERY
def test_order_case_and_extra_joints_do_not_matter(convention):
    names = rig(convention)
    shuffled = ("extra", *[name.upper() for name in reversed(names.values())], "LeftHandThumb9")
    found = find_parts(shuffled)
    assert {part: shuffled[joint] for part, joint in found.items()} == {
        part: name.upper() for part, name in names.items()
    }


@EVERY
def test_a_part_that_is_needed_and_missing_is_named(convention):
    names = rig(convention)
    kept = tuple(name for part, name in names.items() if part not in ("left_knee", "head"))
    with pytest.raises(UnsuitableInput) as caught:
        find_parts(kept, "dance.bvh")
    assert caught.value.what.startswith("dance.bvh: unknown skeleton, no joint for")
    assert "left knee" in caught.value.what and "head" in caught.value.what
    assert "right knee" not in caught.value.what
    assert all(name in (caught.value.hint or "") for name in CONVENTIONS)


@EVERY
def test_toes_neck_collars_and_hands_may_be_missing(convention):
    names = rig(convention)
    kept = tuple(name for part, name in names.items() if part in REQUIRED)
    assert set(find_parts(kept)) == set(REQUIRED)


def test_no_names_at_all_miss_everything():
    with pytest.raises(UnsuitableInput, match="skeleton: unknown skeleton") as caught:
        find_parts(())
    assert all(part.replace("_", " ") in caught.value.what for part in REQUIRED)


def test_of_two_joints_of_one_name_the_first_plays():
    names = [*rig(CONVENTIONS["SMPL"]).values(), "pelvis"]
    assert find_parts(tuple(names))["pelvis"] == 0


def test_a_shin_called_leg_is_told_from_a_thigh_called_leg():
    """LeftLeg is the knee with Mixamo and the hip with SOMA: the joints beside it decide."""
    mixamo = rig(CONVENTIONS["Mixamo, MotionBuilder, LAFAN, Motorica"])
    soma = rig(CONVENTIONS["SOMA"])
    assert mixamo["left_knee"] == soma["left_hip"] == "LeftLeg"
    for names, part in ((mixamo, "left_knee"), (soma, "left_hip")):
        order = tuple(names.values())
        assert order[find_parts(order)[part]] == "LeftLeg"


@pytest.mark.parametrize(
    ("names", "plain"),
    [
        (("mixamorig:Hips", "mixamorig:Spine"), ["hips", "spine"]),
        (("Character1_Hips", "Character1_LeftArm"), ["hips", "leftarm"]),
        (("m_avg_Pelvis", "m_avg_L_Hip"), ["pelvis", "l_hip"]),
        (("f_avg_root", "f_avg_R_Knee"), ["root", "r_knee"]),
        (("left_hip", "pelvis"), ["left_hip", "pelvis"]),
        (("Neo_Hips", "Hips_end"), ["hips", "end"]),
        (("Hips", "Hips_end"), ["hips", "hips_end"]),
        (("a:b:Head",), ["head"]),
        ((), []),
    ],
)
def test_plain_names(names, plain):
    assert plain_names(names) == plain


@given(st.sampled_from(sorted(CONVENTIONS)), st.sampled_from(["rig:", "A:B:", "Neo_", "x1_"]))
def test_a_namespace_or_a_shared_prefix_changes_nothing(convention, prefix):
    names = tuple(rig(CONVENTIONS[convention]).values())
    assert find_parts(tuple(prefix + name for name in names)) == find_parts(names)


def test_ends_of_the_hierarchy_stand_in_for_toes_and_hands():
    names = rig(CONVENTIONS["CMU (plain BVH)"])
    assert names["left_hand"] == "LeftWrist_end"
    no_toes = tuple(
        "LeftAnkle_end" if name == "LeftToe" else name for name in names.values()
    )  # fmt: skip
    assert no_toes[find_parts(no_toes)["left_foot"]] == "LeftAnkle_end"
