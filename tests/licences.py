"""The licences of everything that an installation brings along, from the metadata of the installed distributions.

``python -m tests.licences`` writes ``docs/licences.md`` anew.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

PAGE = ROOT / "docs" / "licences.md"
OWN = "jisu-kg"
#: Extras that only developers install; the benchmark's peers are not installed where the tests run.
DEVELOPING = frozenset({"test", "bench"})
#: What `make bench` installs beside, for comparison; none of it is part of the product or needed by it.
PEERS = (
    "The peers of the benchmark are installed by `make bench` alone (extra `bench`) and are no part of the product: "
    "jionlp (Apache-2.0), maplib (Apache-2.0) with polars (MIT), matplotlib (PSF), pdfplumber (MIT), PyMuPDF "
    "(AGPL-3.0 or commercial), pyvis (BSD), and in an environment of its own morph-kgc (Apache-2.0)."
)
#: Longer fields hold the text of a licence, not its name.
_NAME = 80
_MIT = "Permission is hereby granted, free of charge, to any person obtaining a copy of this software"


@dataclass
class Part:
    """A distribution and which parts of the installation need it: ``core``, or an extra."""

    name: str
    version: str
    licence: str
    needed: set[str] = field(default_factory=set)


def licence(here: Distribution) -> str:
    """Give the licence in the distribution's own words: expression, field, classifiers, or its file."""
    said = here.metadata
    field_text = (said.get("License") or "").strip()
    classifiers = [
        entry.rpartition(" :: ")[2] for entry in said.get_all("Classifier") or () if entry.startswith("License ::")
    ]
    if said.get("License-Expression"):
        return str(said["License-Expression"])
    if field_text and len(field_text) <= _NAME:
        return str(field_text)
    if classifiers:
        return ", ".join(classifiers)
    files = [file for file in here.files or () if file.name in (said.get_all("License-File") or ())]
    text = " ".join(" ".join(file.read_text("utf-8").split()) for file in files)
    return "MIT (by the text of its licence file)" if _MIT in text else "not stated"


def extras() -> list[str]:
    """Give the extras that users install, sorted."""
    return sorted(set(distribution(OWN).metadata.get_all("Provides-Extra") or ()) - DEVELOPING)


def installed() -> list[Part]:
    """Give all distributions that the core and its extras need, directly or not, by name."""
    found: dict[str, Part] = {}
    for part in ("core", *extras()):
        waiting = [(OWN, frozenset() if part == "core" else frozenset({part}))]
        seen = set(waiting)
        while waiting:
            name, wanted = waiting.pop()
            try:
                here = distribution(name)
            except PackageNotFoundError:
                sys.exit(f"没有安装{name}；请先运行make .venv/.test-installed")
            if canonicalize_name(name) != OWN:
                entry = found.setdefault(canonicalize_name(name), Part(here.name, here.version, licence(here)))
                entry.needed.add(part)
            for text in here.requires or ():
                need = Requirement(text)
                if any(need.marker is None or need.marker.evaluate({"extra": one}) for one in (wanted or {""})):
                    following = (need.name, frozenset(need.extras))
                    if following not in seen:
                        seen.add(following)
                        waiting.append(following)
    return sorted(found.values(), key=lambda one: one.name.lower())


def page() -> str:
    """Write the page."""
    rows = [
        f"| {one.name} | {one.version} | {one.licence.replace('|', '/')} | "
        f"{'core' if 'core' in one.needed else ', '.join(sorted(one.needed))} |"
        for one in installed()
    ]
    python = ".".join(map(str, sys.version_info[:2]))
    return "\n".join(
        [
            "# Licences of what is installed with Jisu",
            "",
            "Jisu itself is under Apache-2.0 (`LICENSE`). This is what `pip install` brings along, directly or not,",
            f"for the core and for the extras {', '.join(extras())}, on Linux with Python {python}, as the",
            "distributions say of themselves. Some wheels bundle native libraries under licences of their own (PDFium,",
            "FFmpeg, GEOS, …): their texts are installed beside them in `*.dist-info`.",
            "`python -m tests.licences` writes this page; a test says when it no longer names what is installed.",
            "",
            "| distribution | version | licence | needed by |",
            "|---|---|---|---|",
            *rows,
            "",
            PEERS,
            "",
        ]
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
