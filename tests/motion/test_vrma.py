"""VRM animations: what the specification asks for, and played by pixiv's three-vrm."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from node_programs import node_program

from pipelines.body.mesh import SOLE_METRES
from pipelines.body.skeleton import TO_Z_UP
from pipelines.body.stick_body import skeleton_body
from pipelines.motion.formats import export_motion, load_motion
from pipelines.motion.rest_pose import sole_height
from pipelines.motion.vrma import VRM_BONES, save_vrma

HELPERS = Path(__file__).parents[1] / "helpers"
REQUIRED = {
    f"{side}{bone}"
    for side in ("left", "right")
    for bone in ("UpperLeg", "LowerLeg", "Foot", "UpperArm", "LowerArm", "Hand")
} | {"hips", "spine", "head"}
THREE = ["three@0.187.0", "@pixiv/three-vrm@3.5.5", "@pixiv/three-vrm-animation@3.5.5"]


def document(path):
    data = path.read_bytes()
    return json.loads(data[20 : 20 + int.from_bytes(data[12:16], "little")])


@pytest.fixture(scope="module")
def play(tmp_path_factory):
    run = node_program(tmp_path_factory.mktemp("vrm"), THREE, HELPERS / "play_vrma.mjs")
    return lambda path, size: json.loads(run(path, size))


def test_the_document_keeps_the_rules_of_the_extension(tmp_path, stepping):
    save_vrma(stepping(110, seconds=1), tmp_path / "a.vrma", skeleton_body())
    found = document(tmp_path / "a.vrma")
    extension = found["extensions"]["VRMC_vrm_animation"]
    bones = extension["humanoid"]["humanBones"]
    assert extension["specVersion"] == "1.0" and found["extensionsUsed"] == ["VRMC_vrm_animation"]
    assert set(bones) >= REQUIRED and not set(bones) & {"leftEye", "rightEye"}
    assert bones["leftHand"] == {"node": 20} and bones["rightToes"] == {"node": 11}
    (animation,) = found["animations"]
    targets = [(c["target"]["path"], c["target"]["node"]) for c in animation["channels"]]
    assert [node for path, node in targets if path == "translation"] == [bones["hips"]["node"]]
    assert {path for path, _ in targets} == {"translation", "rotation"}


def test_it_rests_in_a_t_pose_on_the_floor_facing_plus_z(tmp_path, stepping):
    save_vrma(stepping(110, seconds=1), tmp_path / "a.vrma", skeleton_body())
    nodes = document(tmp_path / "a.vrma")["nodes"]
    assert all("rotation" not in node and "scale" not in node for node in nodes)
    place = {0: np.array(nodes[0]["translation"])}
    for number, node in enumerate(nodes):
        for child in node.get("children", []):
            place[child] = place[number] + nodes[child]["translation"]
    where = {name: place[number] for number, name in enumerate(VRM_BONES)}
    arm = where["leftHand"] - where["leftUpperArm"]
    assert arm[0] > 0.5 and np.abs(arm[1:]).max() < 1e-9
    assert where["leftToes"][2] > where["leftFoot"][2] + 0.1
    lowest = min(where["leftToes"][1], where["rightToes"][1])
    assert lowest == pytest.approx(SOLE_METRES, abs=1e-9)
    assert place[0][1] == pytest.approx(sole_height(skeleton_body().offsets, SOLE_METRES), abs=0.03)


@pytest.mark.parametrize("size", [1.0, 1.4])
def test_three_vrm_plays_a_real_dance_on_an_avatar_of_any_size(tmp_path, real_motion, play, size):
    motion = load_motion(real_motion("cmu-60-61-salsa", "60_01_scaled.bvh"), fps_override=60.0)
    part = motion.sliced(200, 320)
    export_motion(part, tmp_path / "a.vrma", skeleton_body())
    found = play(tmp_path / "a.vrma", size)
    assert found["bones"] == list(VRM_BONES)
    wanted = part.joints(skeleton_body().offsets)[:, :22] @ TO_Z_UP * size
    np.testing.assert_allclose(np.array(found["frames"]), wanted, atol=1e-5)


@pytest.mark.parametrize("fps", [30.0, 120.0])
def test_a_dance_of_one_frame_is_written_and_played(tmp_path, standing, play, fps):
    export_motion(standing(1, fps), tmp_path / "a.vrma", skeleton_body())
    assert len(play(tmp_path / "a.vrma", 1)["frames"]) == 1


def test_khronos_validator_finds_nothing_but_an_extension_it_does_not_know(
    tmp_path, tmp_path_factory, stepping
):
    folder = tmp_path_factory.mktemp("validator")
    program = HELPERS / "validate_gltf.mjs"
    validate = node_program(folder, ["gltf-validator@2.0.0-dev.3.10"], program)
    save_vrma(stepping(110, seconds=1), tmp_path / "a.vrma", skeleton_body())
    found = json.loads(validate(tmp_path / "a.vrma"))
    assert (found["numErrors"], found["numWarnings"]) == (0, 0), found["messages"][:3]
    assert {said["code"] for said in found["messages"]} == {"UNSUPPORTED_EXTENSION", "NODE_EMPTY"}
