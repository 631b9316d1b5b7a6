"""Records → quads → store → answers. ``from kg import Graph`` opens a store in a notebook or script."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kg.graph import Graph

__all__ = ["Graph"]


def __getattr__(name: str) -> object:
    # Only when it is asked for: commands start without it.
    if name == "Graph":
        from kg.graph import Graph

        return Graph
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
