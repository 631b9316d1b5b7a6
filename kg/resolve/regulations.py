"""Regulations that may be one: a number and a title printed together, and numbers or titles that look like slips.

Only the first brings anything together; all others are proposals for a person to decide on.
"""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import combinations
from typing import TYPE_CHECKING, Final

from rapidfuzz.distance import Indel

from extract.citations.organs import JURISDICTIONS, NATIONAL, PLACE_START, is_code
from kg.resolve.facts import TITLED
from kg.resolve.likeness import neighbours, replaced, same_shape, same_sound
from kg.resolve.matches import PLACES, Match, score
from kg.resolve.titles import alike

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from kg.resolve.facts import Facts, Place, Regulation
    from kg.resolve.matches import Method

#: A title that so many numbers bear is that of a yearly notice (关于下达…的通知): it says nothing of any two of them.
_NUMBERS_OF_ONE_TITLE: Final = 3
#: So short a title (实施方案, 管理办法) names a kind of document, not a document; a law's (预算法) does.
_SHORTEST_TITLE: Final = 5
#: A fill-down counts up by one from row to row; a slip of the hand misses by a little.
_STEPS: Final = 3
#: How many rows of one table cite the number that the others were filled down from.
_MAIN_ROWS: Final = 3
#: The number and edition of a standard: GB50011-2010, GB/T1.1-2020, DB11/T2187-2023.
_STANDARD: Final = re.compile(r"(?P<base>[A-Z]+[\d.]*(?:/[A-Z]+)*[\d.]+)-(?P<year>\d{4})")


def matches(facts: Facts) -> Iterator[Match]:
    """Yield every pair of regulations that may be one, some of them twice by different methods."""
    yield from _by_title(facts)
    yield from _same_number(facts)
    yield from _adjacent(facts)
    yield from _codes(facts)
    yield from _similar_titles(facts)
    yield from _editions(facts)


def _ordered(one: Regulation, other: Regulation) -> tuple[Regulation, Regulation]:
    """Put the doubtful one first: without a number, then with a code that is none, then cited less, then by name."""
    first, second = sorted(
        (one, other),
        key=lambda each: (
            each.number is not None,
            each.code is None or is_code(each.code),
            each.uses,
            each.text,
            each.iri,
        ),
    )
    return first, second


def _match(  # noqa: PLR0917 - the pair, and what a match says of it
    one: Regulation, other: Regulation, method: Method, value: float, evidence: str, places: Iterable[str] = ()
) -> Match:
    first, second = _ordered(one, other)
    held = sorted(places)
    return Match(
        "regulation",
        method,
        score(value),
        first.iri,
        _named(first),
        second.iri,
        _named(second),
        evidence,
        tuple(held[:PLACES]),
        max(1, len(held)),
    )


def _named(one: Regulation) -> str:
    """Give number and title, as far as there are."""
    title = min(one.titles, default=None)
    return one.text if one.number is None or title is None else f"{one.number}《{title}》"


def _both_seen(facts: Facts, one: Regulation, other: Regulation) -> str:
    first, second = _ordered(one, other)
    return f"{facts.seen(first)}、{facts.seen(second)}"


def _similarity(first: str, second: str) -> float:
    return Indel.normalized_similarity(first, second)


# ----------------------------------------------------------------------------------------------- title and number
def _by_title(facts: Facts) -> Iterator[Match]:
    alone: dict[str, list[Regulation]] = defaultdict(list)
    for one in facts.regulations.values():
        if one.number is None and one.kind in TITLED:
            for title in one.titles:
                alone[title].append(one)
    for title, places in sorted(facts.paired.items()):
        holders = [facts.regulations[iri] for iri in sorted(places)]
        if (
            (len(title) < _SHORTEST_TITLE and any(one.kind != "law" for one in holders))
            or len(holders) > _NUMBERS_OF_ONE_TITLE
            or any(one.kind not in TITLED for one in holders)
        ):
            continue
        for one, other in combinations(holders, 2):
            # Editions of a standard bear one title; one number in two places is another question.
            if one.number != other.number and (_base(one) is None or _base(one) != _base(other)):
                yield _title_match(title, one, other, places, _similarity(one.text, other.text))
        for bare in sorted(alone.get(title, ()), key=lambda each: each.iri):
            for one in holders:
                apart = len(holders) > 1 or _elsewhere(facts, bare, one, title)
                yield _title_match(title, bare, one, places, 1 / max(2, len(holders)) if apart else 1)


def _title_match(
    title: str, one: Regulation, other: Regulation, places: Mapping[str, list[Place]], value: float
) -> Match:
    """Bring a title to its number, or say that it stands with several."""
    method: Method = "same-title"
    printed = sorted({place for each in (one, other) for place in places.get(each.iri, ())})
    words = "、".join(place.text for place in printed[:PLACES]) + ("等" if len(printed) > PLACES else "")
    if one.number is not None:
        evidence = f"两个文号都与《{title}》印在一处：{words}"
    elif value == 1:
        evidence, method = f"《{title}》与{other.text}印在一处：{words}", "printed-together"
    elif len(places) > 1:
        evidence = f"与《{title}》印在一处的不只{other.text}一个文号：{words}"
    else:
        evidence = f"《{title}》与{other.text}印在一处：{words}；只写标题的文件在另一省份"
    return _match(one, other, method, value, evidence, [place.iri for place in printed])


def _elsewhere(facts: Facts, bare: Regulation, numbered: Regulation, title: str) -> bool:
    """Tell whether a local document is cited by its title in other provinces only: there it may be another one."""
    if not _is_local(numbered) or PLACE_START.match(title):
        return False
    here = facts.provinces(bare.iri)
    there = facts.provinces_of({place.graph for place in facts.paired[title][numbered.iri]})
    return bool(here) and bool(there) and not here & there


def _is_local(one: Regulation) -> bool:
    """Tell whether a document was issued below the national level, as far as its issuer or else its code shows."""
    if one.kind != "document" or one.code is None:
        return False
    if one.level is not None:
        return one.level not in {"state", "ministry"}
    return not one.code.startswith(NATIONAL) and one.code[0] in JURISDICTIONS - frozenset("国中全军")


# -------------------------------------------------------------------------------------------------------- numbers
def _same_number(facts: Facts) -> Iterator[Match]:
    """Find the documents of one number that are two only because nothing says where one of them is cited.

    A number whose code several places may use stands for a document of each place; where a citing document's place
    is not known, it may be any of these, or that of another such document.
    """
    bearing: dict[str, list[Regulation]] = defaultdict(list)
    for one in facts.regulations.values():
        if one.number is not None:
            bearing[one.number].append(one)
    for held in bearing.values():
        nowhere = sorted((one for one in held if not facts.provinces(one.iri)), key=lambda one: (-one.uses, one.iri))
        somewhere = [one for one in held if facts.provinces(one.iri)]
        others = somewhere or nowhere[:1]
        if len(others) > _NUMBERS_OF_ONE_TITLE:
            continue
        for one in nowhere:
            for other in others:
                if one is not other and not _told_apart(one, other):
                    evidence = f"文号相同，引用的文件有的看不出所在地：{_both_seen(facts, one, other)}"
                    yield _match(one, other, "same-number", 1 / (1 + len(others)), evidence, [*one.rows, *other.rows])


def _adjacent(facts: Facts) -> Iterator[Match]:
    """Find serials next to one that many rows of the same table cite: 15号 among 14号."""
    tables: dict[tuple[str, str, int], list[Regulation]] = defaultdict(list)
    for one in facts.regulations.values():
        if one.code is not None and one.year is not None and one.serial is not None:
            for goal in one.rows:
                tables[goal, one.code, one.year].append(one)
    seen: dict[tuple[str, str], list[tuple[str, int, int]]] = defaultdict(list)
    for (goal, _, _), cited in tables.items():
        for one, other in combinations(sorted(cited, key=lambda each: (each.rows[goal], each.iri)), 2):
            odd, main = one.rows[goal], other.rows[goal]
            near = 0 < abs((one.serial or 0) - (other.serial or 0)) <= _STEPS
            if near and main >= _MAIN_ROWS and main >= 2 * odd and not _told_apart(one, other):
                seen[one.iri, other.iri].append((goal, odd, main))
    for (slip, meant), tables_of in sorted(seen.items()):
        one, other = facts.regulations[slip], facts.regulations[meant]
        odd_rows, main_rows = sum(odd for _, odd, _ in tables_of), sum(rows for _, _, rows in tables_of)
        if one.uses - odd_rows >= _MAIN_ROWS:  # it has a life of its own elsewhere
            continue
        places = sorted(goal for goal, _, _ in tables_of)
        words = "、".join(facts.table(goal) for goal in places[:PLACES]) + ("等" if len(places) > PLACES else "")
        evidence = f"{words}：{main_rows}行引{other.text}，{odd_rows}行引相邻的{one.text}"
        yield _match(one, other, "adjacent-serial", main_rows / (main_rows + odd_rows), evidence, places)


def _told_apart(one: Regulation, other: Regulation) -> bool:
    """Tell whether two numbers come with titles of their own."""
    return bool(one.titles) and bool(other.titles) and not one.titles & other.titles


def _codes(facts: Facts) -> Iterator[Match]:
    """Find issuer codes that sound or look alike in one character: 行政字 beside 邢政字."""
    held: dict[str, list[Regulation]] = defaultdict(list)
    for one in facts.regulations.values():
        if one.code is not None and one.year is not None and one.serial is not None:
            held[one.code].append(one)
    for first, second in neighbours(held):
        place = replaced(first, second)
        if place is None:
            continue
        a, b = first[place], second[place]
        sound = same_sound(a, b)
        if not sound and not same_shape(a, b):
            continue
        method: Method = "code-sound" if sound else "code-shape"
        said = f"代字{first}与{second}只差{'同音字' if sound else '形近字'}{a}、{b}"
        yield from _alike_codes(facts, (first, held[first]), (second, held[second]), method, said)


def _alike_codes(
    facts: Facts, one: tuple[str, list[Regulation]], other: tuple[str, list[Regulation]], method: Method, said: str
) -> Iterator[Match]:
    both_read = is_code(one[0]) and is_code(other[0])
    by_number: dict[tuple[int | None, int | None], list[Regulation]] = defaultdict(list)
    for each in other[1]:
        by_number[each.year, each.serial].append(each)
    pairs = ((each, twin) for each in one[1] for twin in by_number.get((each.year, each.serial), ()))
    for each, twin in pairs:
        together = bool(each.rows.keys() & twin.rows.keys()) or bool(each.titles & twin.titles)
        # 邢财建 and 邢财监 are both codes: only what stands in one table, or under one title, is a slip.
        if together or (not both_read and _one_province(facts, each, twin)):
            yield _match(
                each,
                twin,
                method,
                0.9,
                f"{said}，年份和序号相同：{_both_seen(facts, each, twin)}",
                [*each.rows, *twin.rows],
            )
    if both_read:
        return
    doubtful, sound_code = (one, other) if is_code(other[0]) else (other, one)
    if not is_code(sound_code[0]):
        return
    there = {graph for each in sound_code[1] for graph in each.graphs}
    numbers = {(each.year, each.serial) for each in sound_code[1]}
    for each in sorted(doubtful[1], key=lambda each: each.iri):
        if (each.year, each.serial) in numbers or not each.graphs & there:
            continue
        number = each.text.replace(doubtful[0], sound_code[0], 1)
        others = "、".join(sorted(one.text for one in sound_code[1] if one.graphs & each.graphs))
        yield Match(
            "regulation",
            method,
            score(0.7),
            each.iri,
            _named(each),
            None,
            number,
            f"{said}；{doubtful[0]}不成代字，同一文件里另有{others}",
            tuple(sorted(each.rows)[:PLACES]),
            max(1, len(each.rows)),
            number,
        )


def _one_province(facts: Facts, one: Regulation, other: Regulation) -> bool:
    """Tell whether nothing speaks for two provinces."""
    here, there = facts.provinces(one.iri), facts.provinces(other.iri)
    return not here or not there or bool(here & there)


# --------------------------------------------------------------------------------------------------------- titles
def _similar_titles(facts: Facts) -> Iterator[Match]:
    """Find titles that differ by little; of two documents with numbers the numbers decide."""
    holders: dict[str, list[Regulation]] = defaultdict(list)
    for one in facts.regulations.values():
        if one.kind in TITLED:
            for title in one.titles:
                holders[title].append(one)
    for pair in alike(holders):
        for one in holders[pair.first]:
            for other in holders[pair.second]:
                if one.iri == other.iri or (one.number and other.number) or _told_by_place(facts, one, other):
                    continue
                method: Method = "edition" if pair.method == "edition" else "similar-title"
                value = _similarity(pair.first, pair.second)
                evidence = f"{pair.reason}（《{pair.first}》、《{pair.second}》）：{_both_seen(facts, one, other)}"
                yield _match(one, other, method, value, evidence, [*one.rows, *other.rows])


def _told_by_place(facts: Facts, one: Regulation, other: Regulation) -> bool:
    """Tell whether two local documents are cited in different provinces."""
    return one.kind == other.kind == "document" and not _one_province(facts, one, other)


def _editions(facts: Facts) -> Iterator[Match]:
    """Find editions of one standard: GB50011-2010 and GB50011-2016."""
    editions: dict[str, list[Regulation]] = defaultdict(list)
    for one in facts.regulations.values():
        base = _base(one)
        if base is not None:
            editions[base].append(one)
    for base, held in sorted(editions.items()):
        if len(held) <= _NUMBERS_OF_ONE_TITLE:
            for one, other in combinations(sorted(held, key=lambda each: each.iri), 2):
                evidence = f"同一标准{base}的两个年号：{_both_seen(facts, one, other)}"
                yield _match(one, other, "edition", 0.5, evidence, [*one.rows, *other.rows])


def _base(one: Regulation) -> str | None:
    """Give the number of a standard without its year; None for other documents."""
    found = _STANDARD.fullmatch(one.number or "") if one.kind == "standard" else None
    return None if found is None else found["base"]
