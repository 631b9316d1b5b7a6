"""Office documents by their content: an ending says little about what a file is.

Many a ``.doc`` is a DOCX, a web page or RTF, many an ``.xls`` a web page. The first bytes decide which reader
takes a file; what none reads (Word 97, RTF, WPS) is converted by LibreOffice, when it is installed.
"""

from __future__ import annotations

import codecs
import email
import os
import re
import shutil
import signal
import subprocess
import tempfile
import zipfile
from email.message import Message
from pathlib import Path
from typing import Literal

from extract.grid import Source
from extract.problems import Unreadable
from extract.readers import text
from extract.readers.archive import ZIP_ERRORS

Kind = Literal[
    "docx", "xlsx", "ofd", "xls", "doc", "rtf", "mht", "html", "word-xml", "excel-xml", "text", "encrypted", "unknown"
]  # fmt: skip

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Excel 2 to 4 wrote its records without a container: a BOF record of the version.
_BIFF = re.compile(rb"\x09[\x00\x02\x04]\x04\x00|\x09[\x02\x04]\x06\x00", re.DOTALL)
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|table|div|meta|p|style)\b", re.IGNORECASE)
_STREAMS: dict[str, Kind] = {"EncryptedPackage": "encrypted", "WordDocument": "doc", "Workbook": "xls", "Book": "xls"}
#: Codecs of pages, by Python's names. Of its others some are not for text, some take for ever on a long one (punycode).
_CHARSETS = frozenset(
    {
        "ascii",
        "big5",
        "big5hkscs",
        "cp1252",
        "gb18030",
        "gb2312",
        "gbk",
        "hz",
        "iso8859-1",
        "utf-16",
        "utf-8",
        "utf-8-sig",
    }
)
_EXCEL_XML = re.compile(rb"<(?:\w+:)?Workbook\b[^>]*urn:schemas-microsoft-com:office:spreadsheet")
_WORD_XML = re.compile(rb"<(?:\w+:)?(?:wordDocument|package)\b")
#: The sign of a format stands in the first bytes; comments and declarations may push a page's first tag down.
_HEAD_LENGTH = 4096
#: LibreOffice starts in 5 to 20 seconds and converts a budget in one or two; a hanging one is stopped.
_TIMEOUT = 180
_INSTALL = "请安装LibreOffice（Debian/Ubuntu：apt-get install libreoffice-writer-nogui），或另存为docx后再读入"


def kind_of(path: Path) -> Kind:
    """Tell what a file is by its content.

    Raises :class:`Unreadable` for an empty file, :class:`OSError` when it cannot be opened.
    """
    with path.open("rb") as stream:
        head = stream.read(_HEAD_LENGTH)
    if not head.strip(b"\x00\t\r\n "):
        raise Unreadable("文件是空的", "请重新下载或转换该文件")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"PK\x03\x04"):
        return _kind_of_package(path)
    if head.startswith(_OLE):
        return _kind_of_container(path)
    if start.startswith(b"{\\rtf"):
        return "rtf"
    if re.match(rb"(?:[\w-]+:[^\n]*\r?\n)*?mime-version:", start, re.IGNORECASE):
        return "mht"
    if _EXCEL_XML.search(head):
        return "excel-xml"
    if _WORD_XML.search(head):
        return "word-xml"
    if _HTML.search(head) or _HTML.search(head.replace(b"\x00", b"")):
        return "html"
    if _BIFF.match(head):
        return "xls"
    return "unknown" if b"\x00" in head else "text"


def _kind_of_package(path: Path) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.lstrip("/").lower() for name in archive.namelist()}
    except ZIP_ERRORS as error:
        raise Unreadable(f"文件已损坏（{error}）", "请重新下载该文件") from error
    if "ofd.xml" in names:
        return "ofd"
    if any(name.startswith("xl/") for name in names):
        return "xlsx"
    if any(name.startswith("word/") for name in names):
        return "docx"
    return "unknown"


def _kind_of_container(path: Path) -> Kind:
    """Tell what an OLE container holds by the names of its streams, which its directory keeps in UTF-16."""
    data = path.read_bytes()
    for name, kind in _STREAMS.items():
        if name.encode("utf-16-le") + b"\x00\x00" in data:
            return kind
    return "doc"


def read(path: Path) -> Source:
    """Read an office document or web page by its content, whatever its ending.

    Raises :class:`Unreadable` when it is damaged, encrypted, of no known format, or needs LibreOffice and that is
    not installed; :class:`OSError` when it cannot be opened.
    """
    kind = kind_of(path)
    if kind == "text":
        return _read_page(path.read_bytes()) if path.suffix.lower() in {".htm", ".html"} else text.read(path)
    if kind == "html":
        return _read_page(path.read_bytes())
    if kind == "mht":
        return _read_page(_page_of(path.read_bytes()))
    if kind == "excel-xml":
        raise Unreadable("是Excel 2003的XML表格", "请用办公软件打开后另存为xlsx")
    if kind == "encrypted":
        raise Unreadable("文件已加密", "请用办公软件打开，去掉密码后另存")
    if kind == "unknown":
        raise Unreadable("不是可识别的办公文档", "请确认文件格式与扩展名一致，或用办公软件打开后另存为docx、xlsx")
    if kind in {"xls", "xlsx", "ofd"}:
        return _read_sheets_or_pages(path, kind)
    from extract.readers import docx  # each reader loads its library: only the one that is needed

    if kind == "word-xml":
        return docx.read_xml(path.read_bytes())
    if kind == "docx":
        return docx.read(path)
    with tempfile.TemporaryDirectory(prefix="kg-office-") as folder:
        return docx.read(converted(path, ".rtf" if kind == "rtf" else ".doc", Path(folder)))


def _read_sheets_or_pages(path: Path, kind: Kind) -> Source:
    if kind == "xls":
        from extract.readers import xls

        return xls.read(path)
    if kind == "xlsx":
        from extract.readers import xlsx

        return xlsx.read(path)
    from extract.readers import ofd

    return ofd.read(path)


def _read_page(data: bytes) -> Source:
    from extract.readers import html

    return html.read_bytes(data)


def _page_of(data: bytes) -> bytes:
    """Take the page out of a web archive (MHT): its first part of HTML, in UTF-8 when the archive names its own."""
    message = email.message_from_bytes(data)  # its newer policies parse every header, and fail on broken ones
    for part in message.walk():
        payload = part.get_payload(decode=True) if part.get_content_type() == "text/html" else None
        if isinstance(payload, bytes):
            return _recoded(payload, part)
    raise Unreadable("网页归档文件中没有网页", "请用浏览器打开后另存为html")


def _recoded(payload: bytes, part: Message) -> bytes:
    try:
        charset = str(part.get_content_charset() or "utf-8")
        return payload.decode(charset).encode() if codecs.lookup(charset).name in _CHARSETS else payload
    except (LookupError, ValueError):  # no such codec, a name with NUL in it, bytes of another one
        return payload


def converted(path: Path, suffix: str, folder: Path) -> Path:
    """Convert a document to DOCX with LibreOffice inside ``folder``; ``suffix`` is the ending of its real format.

    Raises :class:`Unreadable` when LibreOffice is not installed, fails or takes too long.
    """
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        raise Unreadable("旧版Word、RTF和WPS文档需要LibreOffice才能读取", _INSTALL)
    source = folder / f"document{suffix}"
    shutil.copyfile(path, source)
    output = folder / "out"
    # A profile of its own: without it a second LibreOffice on the machine refuses to start.
    command = [
        program, f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--norestore", "--nolockcheck",
        "--convert-to", "docx", "--outdir", str(output), str(source),
    ]  # fmt: skip
    process = subprocess.Popen(  # noqa: S603 - the program is looked up, the arguments are ours
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        process.wait(_TIMEOUT)
    except subprocess.TimeoutExpired:
        raise Unreadable(f"LibreOffice转换超过{_TIMEOUT}秒", "请用办公软件打开后另存为docx") from None
    finally:
        if process.poll() is None:  # also where somebody else's patience has ended
            os.killpg(process.pid, signal.SIGKILL)  # the program is a script that starts the real one
            process.wait()
    result = output / "document.docx"
    if not result.exists():
        raise Unreadable(f"LibreOffice没有转换成功（退出码{process.returncode}）", "请用办公软件打开后另存为docx")
    return result
