"""The recipes of the papers' tables: their commands exist, are run once, and become a table."""

from __future__ import annotations

import importlib
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from macedance_cli.app import COMMANDS
from pipelines.body.skeleton import JOINT, OFFSETS, TO_Z_UP
from pipelines.motion.motion import Motion
from pipelines.motion.npz import save_npz
from pipelines.support.options import declared, distinct

TABLES = Path(__file__).parents[2] / "examples" / "tables"
PICTURE = ["--picture", "me.png", "--drawing", "--appearance puppet"]
SCRIPTS = {
    "mace_table4": PICTURE,
    "mace_table5": [*PICTURE, "--plain-drawing", "--appearance puppet --size 480"],
    "infinitedance_table4": [],
    "infinitedance_table5": [],
    "megadance_table3": ["--genres", "house", "la hip-hop"],
    "megadance_table4": [],
}
ON_DATA_SETS = ("mace_table2", "megadance_table1", "megadance_table2", "infinitedance_table3")


@pytest.fixture
def module(monkeypatch):
    monkeypatch.syspath_prepend(str(TABLES))
    return importlib.import_module


@pytest.fixture
def standing_dance():
    """Half a second of arms that rise sideways, of a dancer who faces us."""
    poses = np.zeros((15, 24, 3), dtype=np.float32)
    poses[:, 0, 0] = np.pi / 2
    poses[:, JOINT["left_shoulder"], 2] = np.linspace(0, 1, 15)
    return Motion(poses, np.zeros((15, 3), dtype=np.float32), 30.0, source="arms")


@pytest.fixture
def given(tmp_path):
    (tmp_path / "songs").mkdir()
    for name in ("b.wav", "a.mp3", "cover.jpg"):
        (tmp_path / "songs" / name).write_bytes(b"")
    return ["--data", "d", "--songs", str(tmp_path / "songs"), "--truth", "t",
            "--out", str(tmp_path / "out"), "--steps", "3", "--training", "--lr 1e-3"]  # fmt: skip


def flags_of(command):
    offered = COMMANDS[command]
    options = (*declared(offered.config), *distinct(offered.own()))
    return {f"--{name}" for one in options for name in (one.key, f"no-{one.key}")}


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_command_and_option_exists(module, name, given, capsys):
    module(name).main([*given, *SCRIPTS[name], "--dry-run"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 5
    for line in lines:
        _, command, *words = line.split()
        named = {word for word in words if word.startswith("--")}
        assert named and named <= flags_of(command), line
    trained = [line for line in lines if "train-motion" in line]
    assert all("--steps 3" in line and line.endswith("--lr 1e-3") for line in trained)


def test_the_rows_of_table_5_differ_in_what_the_paper_adds(module, given, capsys):
    module("infinitedance_table5").main([*given, "--dry-run"])
    generators = [x for x in capsys.readouterr().out.splitlines() if "--stage generator" in x]
    assert ["--token-inputs indices" in x for x in generators] == [True, False, False, False]
    assert ["--retrieval" in x for x in generators] == [False, False, True, True]
    assert ["--no-cadence-experts" in x for x in generators] == [True, True, True, False]


def test_every_song_is_danced_in_every_genre(module, given, capsys):
    module("megadance_table3").main([*given, "--genres", "house", "la hip-hop", "--dry-run"])
    danced = [x for x in capsys.readouterr().out.splitlines() if " generate " in x]
    assert len(danced) == 4 and sum("--genre 'la hip-hop'" in x for x in danced) == 2


def test_the_rows_of_table_4_share_a_tokenizer_and_lack_one_part_each(module, given, capsys):
    module("megadance_table4").main([*given, "--classifier", "judge", "--dry-run"])
    lines = capsys.readouterr().out.splitlines()
    generators = [x for x in lines if "--stage generator" in x]
    assert [x.split("--without ")[1].split()[0] for x in generators] == [
        "special", "universal", "mamba", "nothing",
    ]  # fmt: skip
    assert all("tokens3" in x.split("--tokenizer ")[1].split()[0] for x in generators)
    tokenizers = [x for x in lines if "--stage tokenizer" in x]
    for said in ("--no-kinematic-loss", "--no-dynamic-loss", "--quantizer vq"):
        assert sum(said in x for x in tokenizers) == 1
    assert not any("--stage classifier" in x for x in lines)
    assert sum("--genre-classifier judge" in x for x in lines) == 4


def test_the_rows_of_maces_table_4_differ_in_what_the_network_learns_from(module, given, capsys):
    module("mace_table4").main([*given, *PICTURE, "--dry-run"])
    lines = capsys.readouterr().out.splitlines()
    learnt = [x.split("--data ")[1].split()[0] for x in lines if "train-motion" in x]
    assert [Path(place).name for place in learnt] == ["flat", "d"]
    drawn = [x for x in lines if " -o " in x]
    assert len(drawn) == 4 and all(x.endswith("--appearance puppet") for x in drawn)
    assert sum("motion-appearance" in x for x in lines) == 2


def test_maces_table_5_exchanges_one_expert_at_a_time(module, given, capsys):
    plain = ["--plain-drawing", "--appearance tiny"]
    module("mace_table5").main([*given, *PICTURE, *plain, "--motion-model", "m", "--dry-run"])
    lines = capsys.readouterr().out.splitlines()
    assert not any("train-motion" in x for x in lines)
    drawn = [x for x in lines if " -o " in x and "a.mp3" in x]
    rows = [(Path(x.split("--motion ")[1].split()[0]).parent.name, x.split()[-1]) for x in drawn]
    assert rows == [("other", "puppet"), ("own", "tiny"), ("own", "puppet")]


def test_a_flat_dance_has_no_depth_and_looks_the_same_from_the_front(module, standing_dance):
    flat = module("flat_dances").flattened(standing_dance)
    joints = flat.joints()
    rest = OFFSETS[:, 2]
    assert np.abs(joints[:, :, 1]).max() < np.abs(np.cumsum(np.abs(rest))).max()
    arm = joints[:, JOINT["left_elbow"]] - joints[:, JOINT["left_shoulder"]]
    real = standing_dance.joints()
    wanted = real[:, JOINT["left_elbow"]] - real[:, JOINT["left_shoulder"]]
    angle = np.arctan2(arm[:, 2], arm[:, 0]) - np.arctan2(wanted[:, 2], wanted[:, 0])
    np.testing.assert_allclose(angle, 0, atol=5e-3)
    turns = flat.rotations()
    turns[:, 0] = turns[:, 0] @ TO_Z_UP.T
    sight = {0: [0.0, 1, 0], **{joint: [0.0, 0, 1] for joint in range(1, 24)}}
    for joint, axis in sight.items():
        np.testing.assert_allclose(turns[:, joint] @ axis, np.tile(axis, (15, 1)), atol=1e-6)


def test_dances_are_flattened_once_with_their_songs(module, standing_dance, tmp_path):
    (tmp_path / "in").mkdir()
    save_npz(standing_dance, tmp_path / "in" / "a.npz")
    (tmp_path / "in" / "a.wav").write_bytes(b"song")
    flat = module("flat_dances")
    flat.flatten_all(tmp_path / "in", tmp_path / "out")
    (made,) = (tmp_path / "out").glob("*.npz")
    before = made.stat().st_mtime_ns
    flat.flatten_all(tmp_path / "in", tmp_path / "out")
    assert made.stat().st_mtime_ns == before
    assert made.with_suffix(".wav").read_bytes() == b"song"


def test_reconstruction_is_that_of_the_last_validation(module, given):
    script = module("megadance_table4")
    asked = module("running").options("").parse_args(given)
    folder = asked.out / "models" / "motion" / "tokens2"
    folder.mkdir(parents=True)
    kinds = ("train", "validation", "validation", "train")
    lines = [{"kind": kind, "joint_mae": 0.1 * n} for n, kind in enumerate(kinds)]
    (folder / "log.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    rows = script.reconstruction(asked).splitlines()
    assert rows[4] == "| VQ-VAE | – | – | – | 0.2 | – | – | – |"
    assert rows[5] == "| all | – | – | – | – | – | – | – |"


def test_a_step_is_run_once_and_a_failure_is_no_result(module, tmp_path):
    running = module("running")
    done = tmp_path / "run" / "done"
    running.run([running.Step(("--version",), done)])
    assert done.exists()
    running.run([running.Step(("no-such-command",), done)])
    with pytest.raises(subprocess.CalledProcessError):
        running.run([running.Step(("no-such-command",), tmp_path / "other" / "done")])
    assert not (tmp_path / "other" / "done").exists()


def test_a_result_of_which_some_items_failed_is_a_result(module, tmp_path, monkeypatch):
    running = module("running")
    made = tmp_path / "one.csv"

    def partly(command, check):
        made.write_text("figures")
        return subprocess.CompletedProcess(command, 5)

    monkeypatch.setattr(running.subprocess, "run", partly)
    running.run([running.Step(("evaluate",), made)])
    with pytest.raises(subprocess.CalledProcessError):
        running.run([running.Step(("evaluate",), tmp_path / "other.csv")])


def test_figures_become_a_table(module, given, tmp_path):
    running = module("running")
    asked = running.options("").parse_args(given)
    file = asked.out / "tables" / "one.csv"
    file.parent.mkdir(parents=True)
    file.write_text(
        "protocol,profile,system,metric,value,low,high,n\n"
        "motion-3d,strict,pred,fid_k,12.345,10,14.5,8\n"
        "motion-3d,strict,truth,div_k,7.5,,,8\n"
    )
    text = running.table(asked, {"ours": "one", "absent": "two"}, ("fid_k", "div_k"), "one")
    assert text.splitlines() == [
        "| | fid_k | div_k |", "|--|--|--|", "| real dance | – | 7.5 |",
        "| ours | 12.3 [10, 14.5] | – |", "| absent | – | – |",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ON_DATA_SETS)
def test_tables_of_a_data_set_learn_from_one_split_and_are_judged_on_another(
    module, name, tmp_path, capsys
):
    out = str(tmp_path / "out")
    module(name).main(["--data", "d/", "--split", "val+test", "--out", out, "--dry-run"])
    lines = capsys.readouterr().out.splitlines()
    for line in lines:
        _, command, *words = line.split()
        named = {word for word in words if word.startswith("--")}
        assert named and named <= flags_of(command), line
    trained = [line for line in lines if " train-motion " in line]
    rest = [line for line in lines if line not in trained]
    assert trained and all("--split train " in f"{line} " for line in trained)
    assert len(rest) in (2, 4) and all("--split val+test" in line for line in rest)
    assert sum("--genre label" in line for line in rest) == 1
    assert all("--profile" in line for line in rest if " evaluate " in line)


@pytest.mark.parametrize("name", [*SCRIPTS, *ON_DATA_SETS])
def test_help(python, name):
    said = python(TABLES / f"{name}.py", "--help").wait()
    assert "Table" in said.stdout and "--dry-run" in said.stdout
