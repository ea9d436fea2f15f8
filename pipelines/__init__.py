"""The pipelines behind the six commands of macedance; importable without Typer or rich."""

from pipelines.support import windowless

windowless.prepare()
