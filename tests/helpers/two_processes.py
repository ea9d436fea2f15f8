"""Two processes that train together, as torchrun starts them."""

from __future__ import annotations

import socket


def as_torchrun() -> list[dict[str, str]]:
    """What torchrun tells each of two processes on this machine, in variables."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    known = {"WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2",
             "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}  # fmt: skip
    return [{**known, "RANK": rank, "LOCAL_RANK": rank} for rank in "01"]
