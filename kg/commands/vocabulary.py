"""``kg ontology``: the vocabulary itself, as RDF or as a page to read."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from kg.arguments import file_path
from kg.language import translated

if TYPE_CHECKING:
    from argparse import Namespace


def register(commands: Any) -> None:  # noqa: ANN401 - argparse has no public name for it
    """Add the command."""
    command = commands.add_parser(
        "ontology",
        help="输出图谱所用的词汇",
        description="输出词汇：类、属性、指标体系、计量单位等，写成Turtle、JSON-LD，或一个可以打开的说明网页。",
    )
    form = command.options.add_mutually_exclusive_group()
    form.add_argument("--html", action="store_true", help="写成说明网页（不联网也能看）")
    form.add_argument("--format", choices=("ttl", "jsonld"), metavar="FORMAT", help="ttl（默认）或jsonld")
    command.options.add_argument("-o", metavar="FILE", type=file_path, dest="output", help="写入文件；默认写到屏幕")
    command.set_defaults(run=run_ontology)


def run_ontology(options: Namespace) -> int:
    """Write the vocabulary; without an option the ending of the file says how."""
    from kg.messages import quoted
    from kg.vocabulary import vocabulary_text

    ending = "" if options.output is None else options.output.suffix.lower()
    form = "html" if options.html else options.format or {".html": "html", ".jsonld": "jsonld"}.get(ending, "ttl")
    if form == "html":
        from kg.vocabulary_page import vocabulary_page

        text = vocabulary_page()
    else:
        text = vocabulary_text(form)
    if options.output is None:
        sys.stdout.write(text)
        return 0
    from kg.tables import replacing

    with replacing(options.output) as stream:
        stream.write(text.encode())
    sys.stdout.write(translated(f"已写出{quoted(options.output)}\n"))
    return 0
