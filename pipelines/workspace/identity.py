"""Ids that follow from content, so that a second run finds what the first one finished."""

from __future__ import annotations

from typing import Any

from pipelines.support.files import sha256_json

ID_LENGTH = 16


def content_id(source_sha256: str, **parameters: Any) -> str:
    """Id of what comes out of one source under `parameters` (JSON-able): 16 hex digits.

    The order of the parameters does not matter. Among a million ids the chance of any two being
    equal is below 1 in 30 million.
    """
    return sha256_json({"source": source_sha256, "parameters": parameters})[:ID_LENGTH]
