"""Readers: the same form in every format gives the same records; printed tables give their blocks.

``python -m tests.test_readers --write`` writes the expectations anew; read the difference before it is kept.
"""

import contextlib
import csv
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.grid import Grid, Source
from extract.limits import Limits, using
from extract.problems import Unreadable
from extract.readers import archive, docx, html, markdown, number_format, ofd, office, pdf, text, xls, xlsx
from extract.reading import understand
from tests import rendering
from tests.conftest import CASES
from tests.fuzzing import fuzz
from tests.test_reading import SAMPLE_FILES, compact

FOLDER = CASES / "readers"
FORM = json.loads((FOLDER / "form.json").read_text(encoding="utf-8"))

# ── one form, every format ────────────────────────────────────────────────────────────────────────────────────

FORMATS = {
    "form.txt": (rendering.text, text.read),
    "form.docx": (rendering.docx, docx.read),
    "form.xlsx": (rendering.xlsx, xlsx.read),
    "form.xls": (rendering.xls, xls.read),
    "form.html": (rendering.html, html.read),
    "form.md": (rendering.markdown, markdown.read),
    "form.ofd": (rendering.ofd, ofd.read),
    "form.pdf": (rendering.pdf, pdf.read),
    "web.doc": (rendering.html, office.read),
    "web.xls": (rendering.html, office.read),
    "new.doc": (rendering.docx, office.read),
    "new.xls": (rendering.xlsx, office.read),
    "old.et": (rendering.xls, office.read),
    "archive.mht": (rendering.mht, office.read),
    "word2003.xml": (rendering.word_xml, office.read),
}


def records(source: Source) -> dict[str, Any]:
    """Write the records of a source without their places."""
    found = compact(understand(source, "表", "0" * 64))
    for table in found["tables"]:
        del table["lines"]
    found["issues"] = [issue[:4] for issue in found["issues"]]
    return found


@pytest.mark.parametrize("name", FORMATS)
def test_one_form_gives_the_same_records_in_every_format(name: str, tmp_path: Path) -> None:
    render, read = FORMATS[name]
    render(FORM, tmp_path / name)
    rendering.text(FORM, tmp_path / "model.txt")
    expected = records(text.read(tmp_path / "model.txt"))
    assert records(read(tmp_path / name)) == expected
    (table,) = expected["tables"]
    assert len(table["rows"]) == 5
    assert table["budget"] == ["1042.60", "1000.60", None, "万元"]


@pytest.mark.parametrize("cut", range(1, len(FORM["rows"])))
def test_a_page_break_anywhere_in_the_form_changes_no_record(cut: int, tmp_path: Path) -> None:
    rendering.pdf(FORM, tmp_path / "whole.pdf")
    rendering.pdf(FORM, tmp_path / "cut.pdf", cut)
    assert records(pdf.read(tmp_path / "cut.pdf"))["tables"] == records(pdf.read(tmp_path / "whole.pdf"))["tables"]


@pytest.mark.parametrize("ending", ["doc", "rtf", "wps"])
def test_a_document_of_old_word_gives_the_same_records(ending: str, tmp_path: Path) -> None:
    if shutil.which("soffice") is None:
        pytest.skip("no libreoffice-writer-nogui (a Debian package)")
    # WPS writes the format of Word 97. LibreOffice takes a web page into that format only by way of its own.
    steps = ["odt", "rtf" if ending == "rtf" else "doc:MS Word 97"]
    made = tmp_path / "form.html"
    rendering.html(FORM, made)
    for step in steps:
        profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
        command = ["soffice", profile, "--headless", "--convert-to", step, "--outdir", tmp_path / step[:3], made]
        subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL)
        (made,) = (tmp_path / step[:3]).iterdir()
    old = made.rename(tmp_path / f"form.{ending}")
    assert office.kind_of(old) == ("rtf" if ending == "rtf" else "doc")
    assert records(office.read(old)) == records(html.read(tmp_path / "form.html"))


@pytest.mark.parametrize("path", SAMPLE_FILES, ids=lambda path: path.stem)
def test_a_sample_gives_the_same_tables_in_every_format(path: Path, tmp_path: Path) -> None:
    source = text.read(path)
    expected = records(source)["tables"]
    rendering.blocks_xlsx(source.blocks, tmp_path / "a.xlsx")
    rendering.blocks_html(source.blocks, tmp_path / "a.html")
    rendering.blocks_markdown(source.blocks, tmp_path / "a.md")
    assert records(xlsx.read(tmp_path / "a.xlsx"))["tables"] == expected
    assert records(html.read(tmp_path / "a.html"))["tables"] == expected
    assert records(markdown.read(tmp_path / "a.md"))["tables"] == expected


def test_every_row_has_its_place(tmp_path: Path) -> None:
    rendering.xlsx(FORM, tmp_path / "form.xlsx")
    places = [row.source for row in understand(xlsx.read(tmp_path / "form.xlsx"), "a", "").tables[0].indicators]
    assert [place.row for place in places] == [11, 12, 13, 14, 15]
    assert {(place.sheet, place.table) for place in places} == {("项目", 1)}
    rendering.ofd(FORM, tmp_path / "form.ofd")
    assert {row.source.page for row in understand(ofd.read(tmp_path / "form.ofd"), "a", "").tables[0].indicators} == {1}


# ── printed tables → blocks ───────────────────────────────────────────────────────────────────────────────────


def written(source: Source) -> dict[str, Any]:
    """Write blocks so that a person can compare them with the page: texts, and rows with the numbers of the source."""
    blocks: list[Any] = []
    for block in source.blocks:
        if isinstance(block, Grid):
            blocks.append(
                [
                    [row.place.row, list(row.cells), [[span.column, span.rows, span.columns] for span in row.spans]]
                    for row in block.rows
                ]
            )
        else:
            blocks.append(block.text)
    issues = [[issue.code, issue.message, issue.source.row if issue.source else None] for issue in source.issues]
    return {"blocks": blocks, "issues": issues}


def read_case(path: Path, folder: Path) -> Source:
    """Read a case: a body is wrapped into a DOCX, a sheet rendered as XLSX and as XLS, which must give the same."""
    if path.suffix == ".xml":
        rendering.docx_body(path.read_text(encoding="utf-8"), folder / "case.docx")
        return docx.read(folder / "case.docx")
    if path.suffix == ".json":
        book = json.loads(path.read_text(encoding="utf-8"))
        rendering.book_xlsx(book, folder / "case.xlsx")
        rendering.book_xls(book, folder / "case.xls")
        source = xlsx.read(folder / "case.xlsx")
        assert xls.read(folder / "case.xls") == source
        return source
    return html.read(path) if path.suffix == ".html" else markdown.read(path)


def cases() -> list[Path]:
    patterns = ("docx/*.xml", "html/*.html", "markdown/*.md", "sheets/*.json")
    return [path for pattern in patterns for path in sorted(FOLDER.glob(pattern)) if not path.match("*.blocks.json")]


def test_the_cases_are_all_here() -> None:
    assert len(cases()) == 17
    assert {path.with_suffix(".blocks.json") for path in cases()} == set(FOLDER.glob("*/*.blocks.json"))


@pytest.mark.parametrize("path", cases(), ids=lambda path: path.stem)
def test_a_page_gives_its_blocks(path: Path, tmp_path: Path) -> None:
    expected = json.loads(path.with_suffix(".blocks.json").read_text(encoding="utf-8"))
    assert written(read_case(path, tmp_path)) == expected


def number_cases() -> list[dict[str, str]]:
    with (FOLDER / "number_formats.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_number_formats_are_all_here() -> None:
    assert len(number_cases()) == 48


@pytest.mark.parametrize("case", number_cases(), ids=lambda case: f"{case['value']} {case['code']}")
def test_a_number_is_printed_by_its_format(case: dict[str, str]) -> None:
    assert number_format.printed_number(Decimal(case["value"]), case["code"]) == case["printed"]


def test_days_may_count_from_1904() -> None:
    assert number_format.printed_number(Decimal(44011), "yyyy-mm-dd", from_1904=True) == "2024-06-30"


# ── files that cannot be read ─────────────────────────────────────────────────────────────────────────────────


def packed(**parts: str | bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return stream.getvalue()


OLE = bytes.fromhex("d0cf11e0a1b11ae1")
DOCX = packed(**{"word/document.xml": "<document><body/></document>"})
UNREADABLE: dict[str, tuple[bytes, str]] = {
    "empty.docx": (b"", "文件是空的"),
    "blank.xlsx": (b"\n\n", "文件是空的"),
    "cut.docx": (DOCX[:-30], "已损坏"),
    "page.docx": (packed(**{"word/document.xml": "<document><body>"}), "已损坏"),
    "bodyless.docx": (packed(**{"word/document.xml": "<document/>"}), "没有正文"),
    "other.docx": (packed(**{"a.txt": "甲"}), "不是可识别的办公文档"),
    "partless.xlsx": (packed(**{"xl/a.xml": "<a/>"}), "不是Excel工作簿"),
    "broken.xlsx": (packed(**{"xl/workbook.xml": "<workbook"}), "已损坏"),
    "locked.docx": (OLE + "EncryptedPackage".encode("utf-16-le") + bytes(600), "已加密"),
    "broken.xls": (OLE + "Workbook".encode("utf-16-le") + bytes(600), "已损坏"),
    "cut.xls": (b"\x09\x08\x10\x00\x00\x06\x05\x00" + bytes(8), "不是可识别的办公文档"),
    "excel2003.xls": (
        b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Table/></Workbook>',
        "2003的XML",
    ),
    "image.doc": (b"\x89PNG\r\n\x1a\n" + bytes(100), "不是可识别的办公文档"),
    "empty.ofd": (packed(**{"OFD.xml": "<OFD/>"}), "没有任何页面"),
    "lost.ofd": (packed(**{"OFD.xml": "<OFD><DocBody><DocRoot>D.xml</DocRoot></DocBody></OFD>"}), "缺少部件D.xml"),
    "locked.ofd": (packed(**{"OFD.xml": "<OFD/>", "Encryptions.xml": "<a/>"}), "已加密"),
    "pageless.mht": (b"MIME-Version: 1.0\nContent-Type: text/plain\n\nabc", "没有网页"),
    "entities.docx": (
        packed(
            **{"word/document.xml": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><document>&b;</document>'}
        ),
        "没有正文",
    ),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_read_says_why(name: str, tmp_path: Path) -> None:
    data, reason = UNREADABLE[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(Unreadable, match=reason):
        office.read(tmp_path / name)


@pytest.mark.parametrize("read", [docx.read, xlsx.read, xls.read, ofd.read], ids=lambda read: read.__module__)
def test_a_reader_refuses_other_files(read: Callable[[Path], Source], tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"not a document of any kind" * 10)
    with pytest.raises(Unreadable, match="已损坏"):
        read(tmp_path / "a.bin")
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "missing.bin")


def test_a_defined_name_that_nobody_can_compute_is_told(tmp_path: Path) -> None:
    named = "18001200 0000000102000000000000000000 0041 0000"  # a name “A” with a formula of no token that there is
    stream = f"09081000 00060500000000000000000006000000 {named} 0a000000"
    (tmp_path / "named.xls").write_bytes(bytes.fromhex(stream))
    with pytest.raises(Unreadable, match=r"已损坏.*Unexpected token"):
        xls.read(tmp_path / "named.xls")


def test_a_workbook_of_sectors_without_size_is_told(tmp_path: Path) -> None:
    rendering.xls(FORM, tmp_path / "a.xls")
    data = (tmp_path / "a.xls").read_bytes()
    (tmp_path / "a.xls").write_bytes(data[:30] + b"\0" + data[31:])
    with pytest.raises(Unreadable, match="已损坏"):
        xls.read(tmp_path / "a.xls")


def test_a_workbook_whose_folder_holds_itself_is_told(tmp_path: Path) -> None:
    rendering.xls(FORM, tmp_path / "a.xls")
    data = bytearray((tmp_path / "a.xls").read_bytes())
    entry = data.index("Workbook".encode("utf-16-le"))
    data[entry + 68 : entry + 72] = bytes([1, 0, 0, 0])  # its neighbour to the left is itself
    (tmp_path / "a.xls").write_bytes(data)
    with pytest.raises(Unreadable, match=r"已损坏.*recursion"):
        xls.read(tmp_path / "a.xls")


def test_a_scanned_ofd_says_so(tmp_path: Path) -> None:
    rendering.ofd_pages(["", ""], tmp_path / "scan.ofd")
    with pytest.raises(Unreadable, match="扫描件"):
        ofd.read(tmp_path / "scan.ofd")


BINARY = {"a.xls": rendering.xls, "a.xlsx": rendering.xlsx, "a.docx": rendering.docx, "a.ofd": rendering.ofd}


@pytest.mark.fuzz
@pytest.mark.parametrize("name", BINARY)
def test_a_changed_byte_is_read_or_refused(name: str, tmp_path: Path) -> None:
    BINARY[name](FORM, tmp_path / name)
    data = (tmp_path / name).read_bytes()

    @fuzz(40)
    @given(st.integers(0, len(data) - 1), st.integers(0, 255))
    def change(place: int, value: int) -> None:
        (tmp_path / name).write_bytes(data[:place] + bytes([value]) + data[place + 1 :])
        with contextlib.suppress(Unreadable):
            assert isinstance(office.read(tmp_path / name), Source)

    change()


@pytest.mark.parametrize(
    "charset", ["u\0tf-8", "idna", "punycode", "utf-7", "unicode_escape", "hex", "none", "\xff", ""]
)
def test_a_web_archive_whose_charset_is_none_is_read_as_its_page_says(charset: str, tmp_path: Path) -> None:
    rendering.mht(FORM, tmp_path / "a.mht")
    expected = office.read(tmp_path / "a.mht")
    data = (tmp_path / "a.mht").read_bytes()
    assert data.count(b'charset="utf-8"') == 1
    (tmp_path / "a.mht").write_bytes(data.replace(b'charset="utf-8"', b'charset="%s"' % charset.encode("latin-1")))
    assert office.read(tmp_path / "a.mht") == expected


def test_an_unknown_code_page_is_refused(tmp_path: Path) -> None:
    rendering.xls(FORM, tmp_path / "a.xls")
    data = (tmp_path / "a.xls").read_bytes()
    record = bytes([0x42, 0, 2, 0])  # CODEPAGE, two bytes
    assert data.count(record) == 1
    place = data.index(record) + len(record)
    (tmp_path / "a.xls").write_bytes(data[:place] + (1024).to_bytes(2, "little") + data[place + 2 :])
    with pytest.raises(Unreadable, match="已损坏"):
        office.read(tmp_path / "a.xls")


# ── bounded time and memory ───────────────────────────────────────────────────────────────────────────────────

_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def workbook(path: Path, rows: str, merges: str = "") -> None:
    """Write a workbook of one sheet from the XML of its rows."""
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    sheet = f'<sheet name="表" sheetId="1" r:id="r1" xmlns:r="{relation}"/>'
    link = f'<Relationship Id="r1" Type="{relation}/worksheet" Target="sheet.xml"/>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/workbook.xml", f'<workbook xmlns="{_SHEET}"><sheets>{sheet}</sheets></workbook>')
        package.writestr("xl/_rels/workbook.xml.rels", f"<Relationships>{link}</Relationships>")
        package.writestr(
            "xl/sheet.xml", f'<worksheet xmlns="{_SHEET}"><sheetData>{rows}</sheetData>{merges}</worksheet>'
        )


def test_a_million_empty_rows_cost_little(tmp_path: Path) -> None:
    cell = '<c r="{0}{1}" t="inlineStr"><is><t>{2}</t></is></c>'
    filled = f'<row r="1">{cell.format("A", 1, "甲")}{cell.format("B", 1, "乙")}</row>'
    last = f'<row r="1048576">{cell.format("A", 1048576, "丙")}{cell.format("XFD", 1048576, "丁")}</row>'
    workbook(tmp_path / "long.xlsx", filled + '<row spans="1:9" ht="14"/>' * 1_000_000 + last)
    source = xlsx.read(tmp_path / "long.xlsx")
    assert [block.rows[0].place.row for block in source.blocks if isinstance(block, Grid)] == [1, 1048576]
    limited = (
        "import pathlib, resource, sys; resource.setrlimit(resource.RLIMIT_AS, (400_000_000, 400_000_000));"
        "from extract.readers import xlsx; xlsx.read(pathlib.Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", limited, str(tmp_path / "long.xlsx")], check=True)


def test_a_merge_of_whole_columns_is_cheap(tmp_path: Path) -> None:
    row = '<row r="1"><c r="A1"><v>1</v></c></row><row r="9"><c r="A9"><v>2</v></c><c r="B9"><v>3</v></c></row>'
    workbook(
        tmp_path / "a.xlsx", row, '<mergeCells><mergeCell ref="A1:XFD1"/><mergeCell ref="C1:D1048576"/></mergeCells>'
    )
    assert written(xlsx.read(tmp_path / "a.xlsx"))["blocks"] == ["表", "1", [[9, ["2", "3"], []]]]


def test_a_formula_without_its_result_is_reported(tmp_path: Path) -> None:
    workbook(
        tmp_path / "a.xlsx", '<row r="3"><c><f>1+1</f></c><c><f>1+1</f><v>2</v></c><c t="e"><v>#REF!</v></c></row>'
    )
    source = xlsx.read(tmp_path / "a.xlsx")
    assert [issue.code for issue in source.issues] == ["formula-unsaved"]
    assert [block.rows[0].cells for block in source.blocks if isinstance(block, Grid)] == [("2", "#REF!")]


def test_too_many_cells_are_refused(tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx", "<row><c><v>1</v></c><c><v>1</v></c><c><v>1</v></c></row>")
    with using(Limits(cells=2)), pytest.raises(Unreadable, match="超过2个"):
        xlsx.read(tmp_path / "a.xlsx")


def test_a_deep_page_is_read_or_refused(tmp_path: Path) -> None:
    (tmp_path / "deep.html").write_text("<div>" * 5000 + "底", encoding="utf-8")
    with pytest.raises(Unreadable, match="嵌套过深"):
        html.read(tmp_path / "deep.html")
    (tmp_path / "deep.html").write_text("<font>" * 20_000 + "底" + "<table><tr><td>" * 500 + "深", encoding="utf-8")
    texts = json.dumps(written(html.read(tmp_path / "deep.html")), ensure_ascii=False)
    assert "底" in texts
    assert "深" in texts


# ── archives ──────────────────────────────────────────────────────────────────────────────────────────────────


def zipped(path: Path, parts: dict[str, bytes], **options: int) -> Path:
    with zipfile.ZipFile(path, "w", options.get("method", zipfile.ZIP_DEFLATED)) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return path


def test_an_archive_gives_its_documents(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {"b.pdf": b"2"}).read_bytes()
    parts = {
        "预算/a.txt": b"1",
        "内层.zip": inner,
        "../../etc/c.txt": b"3",
        "C:\\x\\d.txt": b"4",
        "__MACOSX/a": b"",
        "~$a.docx": b"",
        "空夹/": b"",
    }
    found = [(member.name, member.read(), member.size) for member in archive.members(zipped(tmp_path / "a.zip", parts))]
    expected = [("预算/a.txt", b"1"), ("内层.zip/b.pdf", b"2"), ("etc/c.txt", b"3"), ("x/d.txt", b"4")]
    assert found == [(name, data, 1) for name, data in expected]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_names_without_a_flag_are_decoded(encoding: str) -> None:
    info = zipfile.ZipInfo("青禾县/预算.pdf".encode(encoding).decode("cp437"))
    assert archive.member_name(info) == "青禾县/预算.pdf"


def test_two_members_of_one_name_are_two(tmp_path: Path) -> None:
    parts = {"a.txt": b"1", "./a.txt": b"2"}
    names = [member.name for member in archive.members(zipped(tmp_path / "a.zip", parts))]
    assert names == ["a.txt", "a（2）.txt"]


@pytest.mark.parametrize(
    ("limit", "value", "reason"),
    [
        ("MAX_MEMBERS", 1, "超过1个"),
        ("MAX_TOTAL", 1 << 10, "解压后超过"),
        ("_RATIO_FROM", 1 << 10, "疑似压缩炸弹"),
    ],
)
def test_a_bomb_is_refused(
    limit: str, value: int, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, limit, value)
    path = zipped(tmp_path / "bomb.zip", {"a.txt": bytes(2_000_000), "b.txt": b""})
    with pytest.raises(Unreadable, match=reason):
        list(archive.members(path))


def test_archives_in_archives_have_an_end(tmp_path: Path) -> None:
    data = b"1"
    for level in range(Limits().depth + 1):
        data = zipped(tmp_path / f"{level}.zip", {f"{level}.zip": data}).read_bytes()
    (tmp_path / "deep.zip").write_bytes(data)
    with pytest.raises(Unreadable, match="层以上"):
        list(archive.members(tmp_path / "deep.zip"))


def test_one_bad_member_does_not_hide_the_others(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.txt": b"first", "b.txt": b"second"}, method=zipfile.ZIP_STORED)
    data = path.read_bytes().replace(b"first", b"FIRST", 1)
    flagged = bytearray(data)
    for head, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        flagged[data.rindex(head) + offset] |= 1
    path.write_bytes(flagged)
    members = archive.members(path)
    damaged = next(members)
    with pytest.raises(Unreadable, match="已损坏"):
        damaged.read()
    locked = next(members)
    with pytest.raises(Unreadable, match="已加密"):
        locked.read()
    assert (damaged.name, locked.name) == ("a.txt", "b.txt")


def test_a_bad_archive_in_an_archive_is_one_bad_member(tmp_path: Path) -> None:
    parts = {"坏.zip": b"PK\x03\x04" + bytes(50), "b.txt": b"2"}
    members = archive.members(zipped(tmp_path / "a.zip", parts))
    bad = next(members)
    with pytest.raises(Unreadable, match="不是zip格式"):
        bad.read()
    assert (bad.name, [(member.name, member.read()) for member in members]) == ("坏.zip", [("b.txt", b"2")])


def test_what_is_no_archive_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"PK\x03\x04" + bytes(50))
    with pytest.raises(Unreadable, match="不是zip格式"):
        list(archive.members(path))


# ── LibreOffice ───────────────────────────────────────────────────────────────────────────────────────────────

DOC = OLE + "WordDocument".encode("utf-16-le") + bytes(600)


@pytest.mark.parametrize("data", [DOC, b"{\\rtf1 abc}"], ids=["doc", "rtf"])
def test_without_libreoffice_an_old_document_says_what_to_install(
    data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "old.doc").write_bytes(data)
    with pytest.raises(Unreadable, match="apt-get install libreoffice-writer-nogui"):
        office.read(tmp_path / "old.doc")


@pytest.mark.parametrize(
    ("script", "reason"),
    [("cp form.docx $out/document.docx", None), ("exit 77", "退出码77"), ("sleep 60", "超过")],
)
def test_libreoffice_converts_an_old_document(
    script: str, reason: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendering.docx(FORM, tmp_path / "form.docx")
    program = tmp_path / "soffice"
    find = 'while [ $# -gt 2 ]; do [ "$1" = --outdir ] && out=$2; shift; done; mkdir -p "$out"'
    program.write_text(f"#!/bin/sh\ncd {tmp_path}\n{find}\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(office, "_TIMEOUT", 0.5 if reason == "超过" else 30)
    (tmp_path / "old.wps").write_bytes(DOC)
    if reason is None:
        assert office.read(tmp_path / "old.wps") == docx.read(tmp_path / "form.docx")
        return
    with pytest.raises(Unreadable, match=reason):
        office.read(tmp_path / "old.wps")


def write() -> None:
    """Write the expectations of all cases anew."""
    for path in cases():
        with tempfile.TemporaryDirectory() as folder:
            found = written(read_case(path, Path(folder)))
        lines = ",\n  ".join(json.dumps(block, ensure_ascii=False) for block in found["blocks"])
        issues = json.dumps(found["issues"], ensure_ascii=False)
        content = f'{{\n "blocks": [\n  {lines}\n ],\n "issues": {issues}\n}}\n'
        path.with_suffix(".blocks.json").write_text(content, encoding="utf-8")


if __name__ == "__main__" and "--write" in sys.argv:
    write()
