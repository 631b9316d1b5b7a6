"""Writes small PDF files for tests: ruled tables, text and anything else as page content.

Lengths are points from the top left corner of the page. The font is the Adobe standard one for Simplified
Chinese, which is not embedded: PDFium knows its characters, so no font file is needed.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
_OWNER = b"O" * 32
_ID = b"0123456789abcdef"
_FONTS = {
    "song": b"<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[5 0 R]>>",
    # Glyph numbers without any mapping to characters, as broken converters leave them.
    "unmapped": b"<</Type/Font/Subtype/Type0/BaseFont/Broken/Encoding/Identity-H/DescendantFonts[6 0 R]>>",
}
_SYSTEM = "/CIDSystemInfo<</Registry(Adobe)/Ordering(%s)/Supplement 2>>"
_DESCENDANTS = [
    f"<</Type/Font/Subtype/{kind}/BaseFont/{name}/DW 1000/W[1 95 500]/FontDescriptor 7 0 R{_SYSTEM % order}>>".encode()
    for kind, name, order in (("CIDFontType0", "STSong-Light", "GB1"), ("CIDFontType2", "Broken", "Identity"))
]
_DESCRIPTOR = (
    b"<</Type/FontDescriptor/FontName/STSong-Light/Flags 4/FontBBox[-25 -254 1000 880]/ItalicAngle 0"
    b"/Ascent 880/Descent -120/CapHeight 880/StemV 93>>"
)


def make_pdf(pages: Sequence[Mapping[str, Any]], *, password: str | None = None) -> bytes:
    """Write a PDF. A page has ``tables``, ``texts``, ``content`` and ``content_after``, all of them optional.

    ``size``, ``rotate``: of the page. ``form``: the matrix of a form that all of the content is put into.
    ``password``: encrypt so that this user password opens it (``""``: anyone can).
    """
    first_page = 8
    kids = " ".join(f"{first_page + 3 * index} 0 R" for index in range(len(pages)))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>".encode(),
        _FONTS["song"],
        _FONTS["unmapped"],
        *_DESCENDANTS,
        _DESCRIPTOR,
    ]
    key = None if password is None else _key(password)
    for page in pages:
        width, height = page.get("size", (595, 842))
        fonts = "/Font<</song 3 0 R/unmapped 4 0 R>>"
        number = len(objects) + 1
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {width} {height}]/Rotate {page.get('rotate', 0)}"
            f"/Resources<<{fonts}/XObject<</form {number + 2} 0 R>>>>/Contents {number + 1} 0 R>>".encode()
        )
        content = _content(page, height)
        matrix = page.get("form")
        objects.append(_stream(number + 1, "/form Do" if matrix else content, "", key))
        head = f"/Type/XObject/Subtype/Form/BBox[-9999 -9999 9999 9999]/Matrix[{matrix or '1 0 0 1 0 0'}]"
        objects.append(_stream(number + 2, content if matrix else "", f"{head}/Resources<<{fonts}>>", key))
    trailer = b"/Root 1 0 R"
    if key is not None:
        trailer += b"/ID[<%b><%b>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<%b>/U<%b>>>" % (
            *(_ID.hex().encode(),) * 2,
            _OWNER.hex().encode(),
            _rc4(key, _PADDING).hex().encode(),
        )
    return _assembled(objects, trailer)


def _stream(number: int, content: str, head: str, key: bytes | None) -> bytes:
    """Write a stream object; ``key`` encrypts it."""
    data = content.encode("latin-1")
    if key is not None:
        data = _rc4(hashlib.md5(key + number.to_bytes(3, "little") + b"\0\0").digest()[:10], data)  # noqa: S324
    return b"<<%b/Length %d>>\nstream\n%b\nendstream" % (head.encode(), len(data), data)


def _assembled(objects: Sequence[bytes], trailer: bytes) -> bytes:
    data = b"%PDF-1.6\n"
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    head = b"xref\n0 %d\n0000000000 65535 f \n%b" % (len(objects) + 1, table)
    return data + head + b"trailer\n<</Size %d%b>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, len(data))


def _content(page: Mapping[str, Any], height: float) -> str:
    up: Callable[[float], float] = lambda y: round(height - y, 3)  # noqa: E731
    parts = [page.get("content", "")]
    for table in page.get("tables", ()):
        parts += _table(table, up)
    parts += [_text(up, **text) for text in page.get("texts", ())]
    return "\n".join([*parts, page.get("content_after", "")])


def _table(table: Mapping[str, Any], up: Callable[[float], float]) -> list[str]:
    """Draw a table: ``x`` and ``y`` are its rulings, ``cells`` are [row, column, rows, columns, text].

    ``style``: ``lines`` (strokes), ``fills`` (thin filled rectangles), ``boxes`` (stroked rectangles). Sides named
    in ``open`` are not ruled. ``colour`` is a grey from 0 to 1.
    """
    xs, ys = table["x"], table["y"]
    style, unruled = table.get("style", "lines"), table.get("open", ())
    parts = [f"{table.get('colour', 0)} g {table.get('colour', 0)} G 0.5 w"]
    texts = ["0 g"]
    for row, column, rows, columns, text in table["cells"]:
        left, right, top, bottom = xs[column], xs[column + columns], ys[row], ys[row + rows]
        if style == "boxes":
            parts.append(f"{left} {up(bottom)} {right - left} {bottom - top} re S")
        sides = {
            "top": (left, top, right, top, row == 0),
            "bottom": (left, bottom, right, bottom, row + rows == len(ys) - 1),
            "left": (left, top, left, bottom, column == 0),
            "right": (right, top, right, bottom, column + columns == len(xs) - 1),
        }
        for side, (x0, y0, x1, y1, outer) in sides.items():
            if style == "boxes" or (outer and side in unruled):
                continue
            if style == "fills":
                parts.append(f"{x0} {up(y1)} {max(x1 - x0, 0.7)} {max(y1 - y0, 0.7)} re f")
            else:
                parts.append(f"{x0} {up(y0)} m {x1} {up(y1)} l S")
        texts += [
            _text(up, left + 2, top + 11 + 12 * number, line) for number, line in enumerate(text.split("\n")) if line
        ]
    return parts + texts


def _text(
    up: Callable[[float], float],
    x: float,
    y: float,
    text: str,
    *,
    size: float = 10,
    matrix: str = "1 0 0 1",
    twice: float = 0,
    font: str = "song",
) -> str:
    """Show a text; ``twice`` shows it again so far to the right, ``matrix`` turns it."""
    code = text.encode("utf-16-be").hex()
    shifts = [0, twice] if twice else [0]
    return "\n".join(f"BT /{font} {size} Tf {matrix} {x + shift} {up(y)} Tm <{code}> Tj ET" for shift in shifts)


def _key(password: str) -> bytes:
    """Make the key of the 40-bit standard security handler (PDF 32000-1, algorithm 2)."""
    padded = (password.encode() + _PADDING)[:32]
    permissions = (-4).to_bytes(4, "little", signed=True)
    return hashlib.md5(padded + _OWNER + permissions + _ID).digest()[:5]  # noqa: S324 - the format wants it


def _rc4(key: bytes, data: bytes) -> bytes:
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    result = bytearray()
    i = j = 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        result.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(result)
