"""Documents → records: reading goal tables. Knows nothing of graphs.

    document = extract.read(Path("预算.txt"), "预算.txt")

``read`` and ``formats`` are loaded on first use: who only wants :mod:`extract.citations` need not wait for readers.
"""

from typing import TYPE_CHECKING, Any

from extract.problems import Unreadable

if TYPE_CHECKING:
    from extract.reading import formats, read

__all__ = ["Unreadable", "formats", "read"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - what the module holds
    if name in ("formats", "read"):
        from extract import reading

        return getattr(reading, name)
    raise AttributeError(f"module 'extract' has no attribute {name!r}")
