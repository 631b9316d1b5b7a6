"""The little of CSS that says where a page prints its lines, and what it hides.

Known are the ``style`` attribute and rules of one class (``.x1{left:72px}``) in the page's own ``<style>``:
that is what converters from PDF write.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from lxml import etree

from extract.readers.positions import Line

_RULE = re.compile(r"\.([\w-]+)\s*\{([^{}]*)\}")
_LENGTH = re.compile(r"(-?\d+(?:\.\d+)?)\s*(px|pt|mm|cm|in|em|rem)?")
_PIXELS = {"pt": 96 / 72, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0, "em": 16.0, "rem": 16.0}
#: The size of text that no rule sizes (CSS: medium).
_FONT_SIZE = 16.0
#: A table has at least two rows of two cells; fewer positioned blocks are menus, seals, floating buttons.
_MIN_LINES = 4


def _declarations(text: str) -> dict[str, str]:
    pairs = (part.partition(":") for part in text.split(";"))
    return {name.strip().lower(): value.replace("!important", "").strip().lower() for name, _, value in pairs if value}


def _length(style: Mapping[str, str], name: str) -> float | None:
    """Give a length in pixels; ``None`` where the style has none or a share of something (50%, auto)."""
    match = _LENGTH.fullmatch(style.get(name, ""))
    return float(match[1]) * _PIXELS.get(match[2] or "", 1.0) if match else None


def text_of(element: etree._Element) -> str:
    """Give the text of an element and of all elements in it."""
    return etree.tostring(element, method="text", encoding="unicode", with_tail=False)


class Styles:
    """The styles of one page.

    >>> import lxml.html
    >>> page = lxml.html.fromstring("<div><p style='display:none'>甲</p></div>")
    >>> Styles(page).hides(page[0])
    True
    """

    def __init__(self, root: etree._Element) -> None:
        self._classes: dict[str, dict[str, str]] = {}
        for sheet in root.iter("style"):
            for name, text in _RULE.findall(sheet.text or ""):
                self._classes.setdefault(name, {}).update(_declarations(text))

    def of(self, element: etree._Element) -> dict[str, str]:
        """Give the declarations that hold for an element itself."""
        style: dict[str, str] = {}
        if self._classes and (names := element.get("class")):
            for name in names.split():
                style.update(self._classes.get(name, {}))
        if own := element.get("style"):
            style.update(_declarations(own))
        return style

    def hides(self, element: etree._Element) -> bool:
        """Tell whether an element is not shown."""
        return element.get("hidden") is not None or self.of(element).get("display") == "none"

    def positioned(self, root: etree._Element) -> dict[etree._Element, list[Line]]:
        """Find lines that stand at absolute places, page by page.

        The first line of a page is given with all of its lines, the others with none, so that a walk over the
        elements meets every page once.
        """
        placed: list[etree._Element] = []
        holders: set[etree._Element] = set()
        for element in root.iter("div", "p", "span", "td", "li", "a", "b"):
            if element.get("style") is None and element.get("class") is None:
                continue
            style = self.of(element)
            bottom = _length(style, "bottom")
            if style.get("position") != "absolute" and bottom is None:
                continue
            if _length(style, "left") is None or (_length(style, "top") is None and bottom is None):
                continue
            placed.append(element)
            holders.update(element.iterancestors())
        pages: dict[etree._Element | None, list[tuple[etree._Element, Line]]] = {}
        for element in placed:
            text = " ".join(text_of(element).split())
            holds_table = next(element.iter("table"), None) is not None
            if element not in holders and text and not holds_table and not self._hidden(element):
                pages.setdefault(element.getparent(), []).append((element, self._line(element, text)))
        found: dict[etree._Element, list[Line]] = {}
        for lines in pages.values():
            if len(lines) >= _MIN_LINES:
                found.update({element: [] for element, _ in lines})
                found[lines[0][0]] = [line for _, line in lines]
        return found

    def _hidden(self, element: etree._Element) -> bool:
        return self.hides(element) or any(self.hides(above) for above in element.iterancestors())

    def _line(self, element: etree._Element, text: str) -> Line:
        style = self.of(element)
        size = _length(style, "font-size") or next(
            (size for inner in element.iter() if (size := _length(self.of(inner), "font-size"))), _FONT_SIZE
        )
        top, bottom = _length(style, "top"), _length(style, "bottom")
        return Line(_length(style, "left") or 0.0, -(bottom or 0.0) if top is None else top, size, text)
