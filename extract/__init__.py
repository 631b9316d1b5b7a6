"""Documents → records: reading goal tables. Knows nothing of graphs.

document = extract.read(Path("预算.txt"), "预算.txt")
"""

from extract.problems import Unreadable
from extract.reading import formats, read

__all__ = ["Unreadable", "formats", "read"]
