"""The version of the distribution, and of the rules by which it reads; importing this imports nothing."""

from __future__ import annotations

from functools import cache

VERSION = "0.1.0"


@cache
def rules_version() -> str:
    """Give the version that stands with what was read: the distribution's, and a digest of what reading goes by.

    That is the version of the vocabulary, the files beside the modules of ``extract`` that users add words to
    (``*.toml``, ``*.txt``), and the tables of issuers and divisions in ``ontology`` (``*.csv``), so that a changed word
    or row is a changed version. ASCII, and the same in every process until a file is edited.

    >>> rules_version().startswith(VERSION + "+"), len(rules_version()) - len(VERSION)
    (True, 9)
    """
    import hashlib
    from importlib.resources import files

    import ontology

    seen = hashlib.sha256(ontology.VERSION.encode())
    entries = [entry for package in ("extract", "ontology") for entry in files(package).iterdir()]
    for entry in sorted(entries, key=lambda entry: entry.name):
        if entry.name.endswith((".toml", ".txt", ".csv")):
            data = entry.read_bytes()
            seen.update(f"{entry.name}\0{len(data)}\0".encode() + data)
    return f"{VERSION}+{seen.hexdigest()[:8]}"
