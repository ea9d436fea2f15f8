"""`macedance generate`: a song and one picture become a dance video."""

from __future__ import annotations

from macedance_cli.command import Shown, command
from macedance_cli.console import print_data, print_facts, print_json
from pipelines.appearance_expert.interface import WAN
from pipelines.generation.settings import GenerateConfig, own_options
from pipelines.support.errors import BadUsage

EPILOG = """Examples:

  macedance generate song.mp3 me.jpg -o out.mp4

  macedance generate song.mp3 me.jpg -o out.mp4 --start 0:30 --duration 15

  macedance generate songs/ me.jpg -o videos/

  macedance generate song.mp3 --motion-only --motion-out dance.bvh

  macedance generate song.mp3 me.jpg -o out.mp4 --appearance wan --dry-run

  macedance generate finedance/ --split test -o dances/
"""


@command(GenerateConfig, "generate", dry_run=True, own=own_options, folded=(WAN,))
def generate(settings: GenerateConfig, shown: Shown) -> None:
    """Make a dance video from a song and one picture of a person.

    The song becomes a 3D dance, and the dance moves the person of the picture.
    Run the same command again, and it goes on after the last finished stage.

    Folders of songs or pictures make a video of every pair; what fails is named,
    and the command exits with 5.

    Every option can also be set in the environment (MACEDANCE_SEED=3) or in
    a --config file.
    """
    from pipelines import generate as pipeline

    progress = shown.progress()
    if settings.bars:
        if not shown.dry_run:
            raise BadUsage("--bars only prints a storyboard", "add --dry-run")
        text = pipeline.bars(settings, progress)
        print_facts({"plan": text}, True) if shown.as_json else print_data(text)
        return
    if shown.dry_run:
        print_facts(pipeline.plan(settings, progress), shown.as_json)
        return
    result = pipeline.generate(settings, progress)
    if shown.as_json:
        print_json(result)
    elif "items" in result:
        for path in [*result["made"], *result["there"]]:
            print_data(path)
    else:
        progress.say(f"the dance's other files lie in {result['folder']}")
        print_data(str(result["output"]))
    error = pipeline.failure(result)
    if error is not None:
        raise error
