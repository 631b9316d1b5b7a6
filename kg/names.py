"""Names that a user gives and the store does not have: what it has instead."""

from __future__ import annotations

import re
import unicodedata
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from kg.listings import Filters, documents
from kg.messages import one_line, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from kg.select import Select

#: How alike two names must be to be offered (ratio of :mod:`difflib`). File names of one folder agree in ending and
#: year, so less would offer them all; more would miss 组织部 for 中共青禾县委组织部 typed with a slip.
_ALIKE: Final = 0.4
_OFFERED: Final = 3


def nearest(name: str, names: Iterable[str]) -> list[str]:
    """Give up to three names that contain the given one, or else are like it, the likest first.

    >>> nearest("组织部", ["青禾县委组织部", "青禾县档案馆", "青禾县委宣传部"])
    ['青禾县委组织部']
    """
    known = sorted(set(names))
    containing = [one for one in known if name and name in one]
    return (containing or get_close_matches(name, known, n=_OFFERED, cutoff=_ALIKE))[:_OFFERED]


def unknown(what: str, name: str, names: Iterable[str], command: str) -> tuple[str, str]:
    """Say that there is no such document or department, and what to do: a message and the next step.

    >>> unknown("部门", "档案局", ["青禾县档案馆"], "kg documents")
    ('图谱仓库里没有部门“档案局”', '相近的有：青禾县档案馆')
    """
    near = nearest(name, names)
    hint = "相近的有：" + "、".join(map(one_line, near)) if near else f"用{command}可以看到全部名称"
    return f"图谱仓库里没有{what}{quoted(name)}", hint


def unknown_filters(select: Select, filters: Filters) -> Iterator[tuple[str, str]]:
    """Yield a message and the next step for each filter that no document of the store agrees with."""
    if filters == Filters():
        return
    listed = list(documents(select))
    if filters.document is not None and not any(Filters(filters.document).admit(one) for one in listed):
        yield unknown("文件", filters.document, (one["document"] for one in listed), "kg documents")
    if filters.department is not None and not any(Filters(department=filters.department).admit(one) for one in listed):
        names = (one[key] for one in listed for key in ("department", "department_code") if one[key] is not None)
        yield unknown("部门", filters.department, names, "kg documents")
    if filters.year is not None and not any(Filters(year=filters.year).admit(one) for one in listed):
        years = sorted({one["fiscal_year"] for one in listed if one["fiscal_year"] is not None})
        hint = f"有的年度：{'、'.join(map(str, years))}" if years else "各文件都没有读出年度"
        yield f"图谱仓库里没有{filters.year}年度的文件", hint


#: Everything that only separates: brackets of any shape and width, spaces, title marks, 第 and the last 号.
_SEPARATORS = re.compile(r"[\s〔〕\[\]【】()〈〉<>{}「」『』《》﹝﹞\u200b\ufeff]|第|号$")
#: 014 and 14 are one serial number; the zero of 0.5 and of 2018 is none of these.
_LEADING_ZEROS = re.compile(r"(^|\D)0+(?=\d)")


def search_key(text: str) -> str:
    """Give the form in which names and document numbers are compared, whatever brackets and spaces they carry.

    >>> search_key("冀组发[2018]14 号") == search_key("冀组发〔2018〕014号") == search_key("冀组发（2018）14")
    True
    """
    folded = unicodedata.normalize("NFKC", text).casefold().strip()
    return _SEPARATORS.sub("", _LEADING_ZEROS.sub(r"\1", folded))
