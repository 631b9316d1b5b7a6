"""The benchmark of recognition: citations beside a bare pattern, target values beside jionlp."""

import contextlib
import io
import json
import re
import time
from collections.abc import Callable
from pathlib import Path

from extract import citations, targets

# What anybody would write first: a code word, a bracketed year, a serial. It knows no titles, laws or standards.
_BARE = re.compile(r"[一-鿿]{2,14}[〔\[【(（]\s*(?:19|20)\d{2}\s*年?\s*[〕\]】)）]\s*第?\s*\d{1,5}\s*号")
_SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
#: Texts that are built to make patterns backtrack, by what they repeat.
_WORST = ("《", "〔2018", "关于", "1", "〔〔2018〕〕14号", "《关于《", "委员会办公室", "第1号、", "GB", " ")
_WORST_SIZE = 200_000
_SIGN = re.compile(r"^[≥≤><=≧≦＞＜＝》《约不低于高超过少于]+")


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def recognition(texts: list[str]) -> list[tuple[str, ...]]:
    """Time recognition over ever longer texts, and over texts that make patterns slow."""
    unit = "；".join(texts)
    rows = [("text", "characters", "s", "characters/s", "bare pattern: times as fast")]
    for size in _SIZES:
        text = (unit * (size // len(unit) + 1))[:size]
        ours, bare = _seconds(lambda text=text: citations.find(text)), _seconds(lambda text=text: _BARE.findall(text))
        rows.append(("bases of real forms", f"{size:,}", f"{ours:.2f}", f"{size / ours:,.0f}", f"{ours / bare:.0f}"))
    for piece in _WORST:
        text = (piece * _WORST_SIZE)[:_WORST_SIZE]
        ours = _seconds(lambda text=text: citations.find(text))
        half = _seconds(lambda text=text: citations.find(text[: _WORST_SIZE // 2]))
        name = f"“{piece}” over and over (half of it: {ours / half:.1f} × faster)"
        rows.append((name, f"{_WORST_SIZE:,}", f"{ours:.2f}", f"{_WORST_SIZE / ours:,.0f}", ""))
    return rows


def target_values(path: Path) -> list[tuple[str, ...]]:
    """Compare the reading of target values with jionlp on those kinds that it knows: money and dates."""
    with contextlib.redirect_stdout(io.StringIO()):  # it greets
        import jionlp

    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    money = [line for line in lines if line["kind"] == "quantity" and re.fullmatch("[万亿千]?元", line["unit"] or "")]
    dates = [line for line in lines if line["kind"] == "date"]

    def ours(line: dict[str, str]) -> bool:
        return targets.parse(line["text"]).value == line["value"]

    def their_money(line: dict[str, str]) -> bool:
        factor = {"元": 1, "千元": 1e3, "万元": 1e4, "亿元": 1e8}[line["unit"]]
        found = jionlp.parse_money(_SIGN.sub("", line["text"]))
        return found["num"] is not None and abs(float(found["num"]) - float(line["value"]) * factor) < 1e-6 * factor

    def their_date(line: dict[str, str]) -> bool:
        found = jionlp.parse_time(line["text"], time_base={"year": 2024, "month": 1, "day": 1})
        last = found["time"][-1][:10]
        digits = re.findall(r"\d+", line["value"] or "")
        return all(int(number) in map(int, last.split("-")) for number in digits)

    rows = [("values", "reader", "right", "values/s")]
    for name, some, theirs in (("money", money, their_money), ("dates", dates, their_date)):
        for reader, is_right in (("the product's", ours), ("jionlp", theirs)):
            right, start = 0, time.perf_counter()
            for line in some:
                with contextlib.suppress(Exception), contextlib.redirect_stderr(io.StringIO()):
                    right += is_right(line)
            speed = len(some) / (time.perf_counter() - start)
            rows.append((f"{name} ({len(some)})", reader, f"{right / max(len(some), 1):.1%}", f"{speed:,.0f}"))
    return rows
