"""What the help shows, folds and explains."""

import pytest

from macedance_cli.app import COMMANDS


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


@pytest.mark.parametrize("command", [None, *COMMANDS])
def test_types_are_those_of_a_user_and_no_list_of_choices_breaks(macedance, command):
    shown = macedance(*([command] if command else []), "--help").stdout
    assert "<bool>" not in shown and "list[" not in shown and "SECONDS  Seconds" not in shown
    for line in shown.splitlines():
        assert line.count("<") == line.count(">") and line.count("[") == line.count("]"), line
