"""Still pictures: SVG, and the same SVG as PNG with a Chinese font of the machine."""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from kg.export.layout import layout
from kg.export.network import NODE_COLOURS, strengths
from kg.export.page import KIND_NAMES, VIEW_TITLES
from kg.export.views import ExportError
from kg.export.xml_formats import xml_text
from kg.tables import display_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kg.export.layout import Layout
    from kg.export.network import Network, Node, NodeKind

#: File name → family name of fonts that draw Simplified Chinese; the first that is found draws the PNG.
FONTS: Final = {
    "NotoSansCJK-Regular.ttc": "Noto Sans CJK SC",
    "NotoSansCJKsc-Regular.otf": "Noto Sans CJK SC",
    "NotoSansSC-Regular.otf": "Noto Sans SC",
    "NotoSansSC-Regular.ttf": "Noto Sans SC",
    "SourceHanSansSC-Regular.otf": "Source Han Sans SC",
    "SourceHanSansCN-Regular.otf": "Source Han Sans CN",
    "wqy-microhei.ttc": "WenQuanYi Micro Hei",
    "wqy-zenhei.ttc": "WenQuanYi Zen Hei",
    "DroidSansFallbackFull.ttf": "Droid Sans Fallback",
    "msyh.ttc": "Microsoft YaHei",
    "simhei.ttf": "SimHei",
    "PingFang.ttc": "PingFang SC",
    "Hiragino Sans GB.ttc": "Hiragino Sans GB",
    "NotoSerifCJK-Regular.ttc": "Noto Serif CJK SC",
    "uming.ttc": "AR PL UMing CN",
}
_FONT_SIZE: Final = 12
_PAPER, _INK, _EDGE, _QUIET = "#fbfaf7", "#1d2126", "#8a8f98", "#5b636d"
#: Largest picture in its own units, without margins; a small graph is drawn up to half as large again as laid out.
_WIDEST, _HIGHEST, _LARGEST_SCALE = 2400, 1700, 1.5
#: Up to this width the pixels of a PNG are doubled, so that small letters stay sharp.
_SMALL: Final = 1600
_NARROWEST, _MARGIN, _HEAD, _FOOT = 760, 60, 50, 44
#: A distant node stays visible, a department above all.
_LEAST: Final[dict[NodeKind, float]] = {"department": 3, "project": 1.5, "indicator": 1, "regulation": 1.4}
#: Indicators below, departments above.
_BACK_TO_FRONT: Final[tuple[NodeKind, ...]] = ("indicator", "regulation", "project", "department")
#: Smallest disc, most letters and most labels of the picture, and the cells by which labels are kept apart.
_NAMED_FROM, _LETTERS, _LABELS = 3.2, 18, 400
_CELL_WIDTH, _CELL_HEIGHT = 22, 9
#: A label may cover a disc this much smaller than its own.
_COVERED = 0.62
_WIDTHS: Final = ((1, 0.8), (3, 1.7), (8, 3.0))


class _Disc(NamedTuple):
    node: Node
    x: float
    y: float
    size: float


class _Label(NamedTuple):
    text: str
    x: float
    y: float


def svg(net: Network, view: str) -> Iterator[str]:
    """Draw the network as an SVG 1.1 picture with title, legend and the labels that find room, in parts.

    The same network is the same text. An empty network gives a picture with its title.
    """
    placed = layout(net)
    discs, width, height = _placed(net, placed)
    families = ", ".join(f"'{family}'" for family in dict.fromkeys(FONTS.values()))
    yield f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
    yield f'role="img" font-family="{families}, sans-serif" font-size="{_FONT_SIZE}">\n'
    title = VIEW_TITLES[view][0]
    yield f'<title>{title}</title>\n<rect width="{width}" height="{height}" fill="{_PAPER}"/>\n'
    yield f'<text x="20" y="32" font-size="18" fill="{_INK}">{title}'
    yield f'<tspan dx="14" font-size="13" fill="{_QUIET}">{_counted(net)}</tspan></text>\n'
    yield from _edges(net, discs)
    for kind in _BACK_TO_FRONT:
        yield f'<g fill="{NODE_COLOURS[kind]}" stroke="{_PAPER}" stroke-width="0.7">\n'
        for disc in discs:
            if disc.node.kind == kind:
                target = disc.node.facts.get("target")
                told = f"{disc.node.label} {target}" if target else disc.node.label
                yield f'<circle cx="{disc.x:.1f}" cy="{disc.y:.1f}" r="{disc.size:.1f}">'
                yield f"<title>{xml_text(told)}</title></circle>\n"
        yield "</g>\n"
    yield f'<g fill="{_INK}" stroke="{_PAPER}" stroke-width="3.5" stroke-linejoin="round" paint-order="stroke" '
    yield 'text-anchor="middle">\n'
    for label in _labels(net, discs, width):
        yield f'<text x="{label.x:.1f}" y="{label.y:.1f}">{xml_text(label.text)}</text>\n'
    yield "</g>\n"
    yield from _legend(net, height)
    yield "</svg>\n"


def _counted(net: Network) -> str:
    counted = f"{len(net.nodes):,}个节点，{len(net.edges):,}条边"
    left_out = sum(net.left_out.values())
    return counted + (f"；只画出联系最多的节点，另有{left_out:,}个未画出" if left_out else "")


def _placed(net: Network, placed: Layout) -> tuple[list[_Disc], int, int]:
    """Discs on the picture, and its width and height."""
    if not net.nodes:
        return [], _NARROWEST, _HEAD + _FOOT + _MARGIN
    left, right = min(placed.x), max(placed.x)
    top, bottom = min(placed.y), max(placed.y)
    scale = min(_LARGEST_SCALE, _WIDEST / max(1, right - left), _HIGHEST / max(1, bottom - top))
    width = max(_NARROWEST, math.ceil((right - left) * scale) + 2 * _MARGIN)
    height = math.ceil((bottom - top) * scale) + 2 * _MARGIN + _HEAD + _FOOT
    shift_x = (width - (right - left) * scale) / 2 - left * scale
    shift_y = _HEAD + _MARGIN - top * scale
    discs = [
        _Disc(node, x * scale + shift_x, y * scale + shift_y, max(_LEAST[node.kind], radius * scale**0.75))
        for node, x, y, radius in zip(net.nodes, placed.x, placed.y, placed.radius, strict=True)
    ]
    return discs, width, height


def _edges(net: Network, discs: list[_Disc]) -> Iterator[str]:
    """Lines, a path a width; where there are many, each is fainter."""
    place = {disc.node.key: disc for disc in discs}
    opacity = 0.6 * max(0.15, min(1.0, math.sqrt(4000 / max(1, len(net.edges)))))
    yield f'<g fill="none" stroke="{_EDGE}" stroke-opacity="{opacity:.2f}">\n'
    for position, (least, width) in enumerate(_WIDTHS):
        most = _WIDTHS[position + 1][0] if position + 1 < len(_WIDTHS) else math.inf
        lines = [
            f"M{place[edge.source].x:.1f} {place[edge.source].y:.1f}L{place[edge.target].x:.1f} "
            f"{place[edge.target].y:.1f}"
            for edge in net.edges
            if least <= edge.weight < most
        ]
        # Many short paths are drawn faster than one long one.
        for start in range(0, len(lines), 400):
            yield f'<path stroke-width="{width}" d="{"".join(lines[start : start + 400])}"/>\n'
    yield "</g>\n"


def _labels(net: Network, discs: list[_Disc], width: int) -> Iterator[_Label]:
    """Labels from the most important node down; one that would cover another is left out."""
    strength = strengths(net)
    ranked = sorted(
        (disc for disc in discs if disc.size >= _NAMED_FROM or disc.node.kind == "department"),
        key=lambda disc: (disc.node.kind != "department", -strength[disc.node.key] * disc.size**2, disc.node.key),
    )
    taken: dict[tuple[int, int], _Disc] = {}
    for disc in ranked:
        half = disc.size * 0.7
        for cell in _cells(disc.x - half, disc.y - half, disc.x + half, disc.y + half):
            taken.setdefault(cell, disc)
    written: set[tuple[int, int]] = set()
    drawn = 0
    for disc in ranked:
        text = " ".join(disc.node.label.split())
        text = text if len(text) <= _LETTERS else text[: _LETTERS - 1] + "…"
        half = display_width(text) * _FONT_SIZE * 0.26
        beside = disc.size + half + 4
        for x, top in (
            (disc.x, disc.y + disc.size + 2),
            (disc.x, disc.y - disc.size - 15),
            (disc.x + beside, disc.y - 7),
            (disc.x - beside, disc.y - 7),
        ):
            if x < half or x > width - half:
                continue
            cells = list(_cells(x - half, top, x + half, top + 13))
            if written.isdisjoint(cells) and not any(
                (other := taken.get(cell)) is not None and other is not disc and other.size > disc.size * _COVERED
                for cell in cells
            ):
                written.update(cells)
                yield _Label(text, x, top + 11)
                drawn += 1
                break
        if drawn == _LABELS:
            return


def _cells(left: float, top: float, right: float, bottom: float) -> Iterable[tuple[int, int]]:
    for across in range(math.floor(left / _CELL_WIDTH), math.floor(right / _CELL_WIDTH) + 1):
        for down in range(math.floor(top / _CELL_HEIGHT), math.floor(bottom / _CELL_HEIGHT) + 1):
            yield across, down


def _legend(net: Network, height: int) -> Iterator[str]:
    x = 26
    for kind, colour in NODE_COLOURS.items():
        count = sum(node.kind == kind for node in net.nodes)
        if count:
            text = f"{KIND_NAMES[kind][0]} {count:,}"
            yield f'<circle cx="{x}" cy="{height - 24}" r="6" fill="{colour}"/>'
            yield f'<text x="{x + 12}" y="{height - 20}" fill="{_INK}">{text}</text>\n'
            x += 40 + round(display_width(text) * _FONT_SIZE * 0.52)


def png(net: Network, view: str) -> bytes:
    """Draw the SVG as pixels, two for each unit of a small picture.

    Raises :class:`ExportError` where the machine has no Chinese font.
    """
    import resvg_py

    font = chinese_font(font_folders())
    if font is None:
        raise ExportError(
            "没有找到中文字体，画不出图片里的文字",
            "请安装一种中文字体（如Debian的软件包fonts-noto-cjk），或用.svg、.html导出",
        )
    path, family = font
    drawing = "".join(svg(net, view))
    width = int(drawing.split('width="', 1)[1].split('"', 1)[0])
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=drawing,
            skip_system_fonts=True,
            font_files=[str(path)],
            font_family=family,
            sans_serif_family=family,
            zoom=2 if width <= _SMALL else 1,
        )
    )


def chinese_font(folders: Iterable[Path]) -> tuple[Path, str] | None:
    """Find the first font of :data:`FONTS` below the folders: its file and its family name; None without one.

    >>> chinese_font([Path("/no/such/folder")]) is None
    True
    """
    wanted = {name.casefold(): family for name, family in FONTS.items()}
    order = list(wanted)
    found = [
        (order.index(name.casefold()), Path(folder) / name)
        for top in folders
        for folder, _, names in os.walk(top)
        for name in names
        if name.casefold() in wanted
    ]
    if not found:
        return None
    place, path = min(found)
    return path, wanted[order[place]]


def font_folders() -> list[Path]:
    """Name the folders in which this kind of system keeps its fonts, whether they are there or not."""
    home = Path.home()
    if sys.platform == "win32":
        return [
            Path(os.environ.get("SYSTEMROOT", "C:\\Windows")) / "Fonts",
            home / "AppData/Local/Microsoft/Windows/Fonts",
        ]
    if sys.platform == "darwin":
        return [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts"]
    return [Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), home / ".fonts", home / ".local/share/fonts"]
