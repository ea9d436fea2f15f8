"""What the help shows, folds and explains."""

import pytest


def test_the_help_folds_what_only_wan_animate_knows(macedance):
    short, whole = (macedance("generate", flag).stdout for flag in ("--help", "--help-all"))
    assert "--wan-sampling-steps" not in short and "--help-all" in short
    assert "--wan-sampling-steps" in whole and "--gguf" in whole
    assert "--wan-steps" not in whole  # a former name
    assert max(map(len, whole.splitlines())) <= 80


def test_a_folded_option_is_known_all_the_same(macedance):
    done = macedance("generate", "a.wav", "b.png", "--appearance", "puppet", "--lora", "x")
    assert done.returncode == 2
    assert "--lora means nothing to --appearance puppet" in done.stderr


def test_help_is_a_command_too(macedance):
    assert macedance("help").stdout == macedance("--help").stdout
    assert macedance("help", "render").stdout == macedance("render", "-h").stdout
    unknown = macedance("help", "nothing")
    assert unknown.returncode == 2 and "nothing" in unknown.stderr


@pytest.mark.parametrize("command", ["generate", "curate", "train-appearance"])
def test_no_switch_is_shown_with_a_type(macedance, command):
    shown = macedance(command, "--help").stdout
    assert "<bool>" not in shown and "SECONDS  Seconds" not in shown
