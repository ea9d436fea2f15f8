"""A whole InfiniteDance: written part by part into one folder, and loaded as a dancer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import torch

from pipelines.motion_expert.infinitedance.choreollama import ChoreoConfig, ChoreoLlama
from pipelines.motion_expert.infinitedance.clock import Span
from pipelines.motion_expert.infinitedance.dancer import InfiniteDancer
from pipelines.motion_expert.infinitedance.header import (
    SHIPPED,
    Header,
    read_header,
    write_header,
)
from pipelines.motion_expert.infinitedance.options import InfiniteDanceOptions
from pipelines.motion_expert.infinitedance.references import (
    References,
    load_bank,
    load_retrieval,
    save_bank,
)
from pipelines.motion_expert.infinitedance.sampling import Sampling
from pipelines.motion_expert.infinitedance.storage import Part, load_part, same_music, save_part
from pipelines.motion_expert.infinitedance.tokenizer import Tokenizer
from pipelines.motion_expert.infinitedance.tokenizer_task import load_tokenizer
from pipelines.support.errors import MissingAsset, UnsuitableInput
from pipelines.support.files import link_atomically, read_json


def save_whole(
    folder: Path, tokenizer: Tokenizer, references: References | None, facts: dict[str, Any]
) -> None:
    """Put what the generator needs beside it, in whose folder it lies already; the header last.

    The bank is the run's largest file: where the checkpoint before holds the same, it is kept once.

    Args:
        facts: with "genres", "schema" and "only_asked", as the generator's own file has them.
    """
    parts = ["generator", "tokenizer"]
    save_part(folder, "tokenizer", tokenizer.config.to_json(), tokenizer.state_dict(), {})
    if references is not None:
        network = references.retrieval
        save_part(folder, "retrieval", network.config.to_json(), network.state_dict(), {})
        save_bank(folder, references.bank)
        parts += ["retrieval", "bank"]
        _kept_once(folder, folder.parent / "latest")
    digests = {part: str(read_json(folder / f"{part}.json")["sha256"]) for part in parts}
    heard = 0 if references is None else references.count
    only_asked = tuple(facts["only_asked"])
    write_header(
        folder, Header(tuple(facts["genres"]), facts["schema"], heard, digests, only_asked)
    )


def keep_half(folder: Path, into: Path) -> None:
    """Write a whole anew, its matrices in half precision: half the size, to be handed on.

    Raises as `load_part` and `read_header` do.
    """
    header, digests = read_header(folder), {}
    for part in get_args(Part):
        if part not in header.parts:
            continue
        stored = load_part(folder, part)
        weights = {
            name: value.half() if value.is_floating_point() and value.ndim > 1 else value
            for name, value in stored.weights.items()
        }
        save_part(into, part, stored.config, weights, stored.metadata)
        digests[part] = str(read_json(into / f"{part}.json")["sha256"])
    write_header(into, replace(header, parts=digests))


def _kept_once(folder: Path, before: Path) -> None:
    own, other = folder / "bank.json", before / "bank.json"
    if not other.is_file() or read_json(other)["sha256"] != read_json(own)["sha256"]:
        return
    weights = folder / "bank.safetensors"
    link_atomically((before / weights.name).resolve(), weights)


def _check_parts(folder: Path, header: Header) -> None:
    """Raise UnsuitableInput for a part whose weights are not those that the header names."""
    for part, digest in header.parts.items():
        described = folder / f"{part}.json"
        if not described.is_file():
            raise MissingAsset(f"no {part} in {folder}: {described.name} is missing")
        if read_json(described).get("sha256") != digest:
            raise UnsuitableInput(
                f"{folder}: its {part} is of another training", "train or copy the whole again"
            )


def load_whole(folder: Path | None, options: InfiniteDanceOptions) -> InfiniteDancer:
    """The dancer of a folder (None: of the one that ships), on the CPU.

    Raises:
        MissingAsset: a part is missing.
        UnsuitableInput: a part is damaged, or they do not belong together.
    """
    header, folder = read_header(folder), folder or SHIPPED
    tokenizer, _ = load_tokenizer(folder)
    stored = load_part(folder, "generator")
    _check_parts(folder, header)
    same_music(stored.metadata.get("schema", ""), header.schema, f"{folder}: its generator")
    try:
        config = ChoreoConfig.from_json(stored.config)
    except (TypeError, KeyError) as error:
        raise UnsuitableInput(f"{folder}: not a generator of InfiniteDance ({error})") from error
    books = torch.zeros(config.slots, config.codes, config.code_width)
    generator = ChoreoLlama(config, books)
    stored.into(generator, "generator")
    references = None
    if header.references:
        bank = load_bank(folder, tokenizer)
        bank.check_tokenizer(stored.metadata["tokenizer"])
        retrieval = load_retrieval(folder)
        same_music(retrieval.config.schema, header.schema, f"{folder}: its retrieval")
        references = References(retrieval, bank, tokenizer, header.references, options.reference)
    how = Sampling(options.temperature, options.top_k, options.top_p, options.repetition_penalty)
    window = Span.of_frames(int(stored.metadata["window"]))
    return InfiniteDancer(
        generator.eval(), tokenizer, references, header.genres, header.schema, how, window,
        Span(max(1, round(window.cells * 5 / 8))), options.tempo_change, header.only_asked,
    )  # fmt: skip
