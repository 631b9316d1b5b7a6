"""Documents that stand elsewhere: what an address holds, listed and fetched by fsspec to a folder that goes again.

Object stores (``s3://``) are listed by their own protocol, web folders (``https://host/folder/``) by the links of the
page. Who asks for them is configured as each library has it (environment, its own files); nothing of it, and no query
string, which may hold a key, stands in a name or a message.
"""

from __future__ import annotations

import errno
import re
import tempfile
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import unquote_to_bytes, urldefrag, urljoin, urlsplit

from extract import Unreadable
from extract.limits import limits, megabytes, wider
from kg.messages import KgError, one_line, os_reason, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Stores of files that are admitted; of the others that fsspec has, some run what stands elsewhere (``reference``,
#: ``github``), some are no place for documents (``memory``, ``data``), and chains (``zip::…``) are for programs.
PROTOCOLS: Final = (
    *("http", "https", "s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "oss", "hdfs", "webhdfs"),
    *("sftp", "ssh", "smb", "ftp"),
)
_WEB: Final = frozenset({"http", "https"})
_S3: Final = frozenset({"s3", "s3a"})
_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(?:::|://)")
_ATTEMPTS: Final = 4
#: Seconds before the second attempt, doubled from one to the next; without a word for so long, a server is given up.
_PAUSE: Final = 0.5
_SILENCE: Final = 60
#: A page that lists files has at most so many bytes, and a web folder so many pages: calendars link on without end.
_PAGE: Final = 16 * 2**20
_PAGES: Final = 10_000
_BUSY: Final = frozenset({408, 429})
_SERVER_ERRORS: Final = 500
_NO_ENTRY: Final = frozenset({401, 403})
_CREDENTIALS: Final = "请按该存储的方式设好凭据（环境变量或它自己的配置文件）后重新运行"
_LATER: Final = "请稍后重新运行，只读没有读到的"


class AddressError(KgError):
    """What is given for an address is none, or none that is admitted."""


def is_address(text: str) -> bool:
    """Tell whether a place to read from is an address, not a path.

    >>> is_address("s3://bucket/2024"), is_address("https://host/a.pdf"), is_address("资料/2024")
    (True, True, False)
    """
    return _ADDRESS.match(text) is not None


@dataclass(frozen=True, slots=True)
class Address:
    """A file or folder elsewhere; as text it is fit to be shown.

    >>> str(Address.of("https://host/2024/%E9%A2%84%E7%AE%97.pdf?key=secret"))
    'https://host/2024/预算.pdf'
    """

    url: str

    @classmethod
    def of(cls, text: str) -> Address | Path:
        """Read an address; that of a file of this machine is its path.

        Raises :class:`AddressError` for one with a password in it, of a protocol that is not admitted, or chained.
        """
        scheme, _, rest = text.partition(":")
        scheme = scheme.lower()
        try:
            parts = urlsplit(text)
            host, _ = parts.hostname, parts.port
        except ValueError:
            raise _incomplete(text) from None
        if scheme == "file" and host in {None, "localhost"} and parts.path:
            return Path(_decoded(parts.path))
        if scheme not in PROTOCOLS or not rest.startswith("//"):
            known = "、".join(f"{one}://" for one in PROTOCOLS)
            raise AddressError(f"不能从{quoted(_bare(text))}这样的地址读取", f"可以用{known}，或先下载到文件夹")
        if not host or any(one < " " for one in text):
            raise _incomplete(text)
        user, at, _ = parts.netloc.rpartition("@")
        if at and (":" in user or scheme in _WEB):
            raise AddressError(f"地址{quoted(_bare(text))}里不能写用户名和密码", _CREDENTIALS)
        if scheme not in _WEB:
            return cls(text)
        url = urldefrag(text).url
        return cls(url if parts.path else urljoin(url, "/"))

    def __str__(self) -> str:
        return one_line(f"{_bare(self.site)}{self.path}")

    @property
    def is_web(self) -> bool:
        """Whether it is asked for by HTTP."""
        return urlsplit(self.url).scheme.lower() in _WEB

    @property
    def site(self) -> str:
        """What stands before the path: protocol with host or bucket."""
        head, mark, tail = self.url.partition("://")
        return f"{head.lower()}{mark}{re.split('[/?]', tail, maxsplit=1)[0]}"

    @property
    def path(self) -> str:
        """The path in characters, from its first ``/``; of a web address without the query string."""
        if self.is_web:
            return _decoded(urlsplit(self.url).path)
        _, slash, path = self.url.partition("://")[2].partition("/")
        return slash + path

    @property
    def name(self) -> str:
        """The last part of the path."""
        return PurePosixPath(self.path).name


def place(text: str) -> Path | Address:
    """Read a place to read from: an address, or a path. Raises :class:`AddressError`.

    >>> str(place("s3://bucket/2024")), place("file:///tmp/a.txt").name, place("资料").name
    ('s3://bucket/2024', 'a.txt', '资料')
    """
    return Address.of(text) if is_address(text) else Path(text)


def _incomplete(text: str) -> AddressError:
    return AddressError(f"{quoted(_bare(text))}不是完整的地址", "请写成 https://主机/文件 或 s3://存储桶/文件夹")


def _bare(text: str) -> str:
    """Give an address as it may be shown, whatever it is."""
    head, mark, tail = text.partition("?")[0].partition("://")
    return f"{head}{mark}{tail.rpartition('@')[2]}"


def _decoded(path: str) -> str:
    """Give a path of a web address in characters: UTF-8, or GB18030 as old sites have it.

    >>> _decoded("%E9%A2%84%E7%AE%97"), _decoded("%D4%A4%CB%E3"), _decoded("预算")
    ('预算', '预算', '预算')
    """
    data = unquote_to_bytes(path)
    for encoding in ("utf-8", "gb18030"):
        with suppress(UnicodeDecodeError):
            return data.decode(encoding)
    return data.decode("utf-8", "backslashreplace")


class Downloads:
    """What one build fetches, in a folder that goes when the build ends; a context manager.

    Bounds of size and time are those of the present :class:`extract.limits.Limits`.
    """

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._count = 0
        self._down: set[str] = set()

    def files(self, address: Address) -> list[tuple[Address, str]] | None:
        """List the files of a folder, each with its path below it; None when the address is that of a file.

        A web address is that of a folder when it ends in ``/``. Raises :class:`Unreadable` when it cannot be listed.
        """
        if address.is_web:
            return list(self._linked(address)) if address.path.endswith("/") else None
        system, path = _system(address)

        def listed() -> list[str] | None:
            if not address.url.endswith("/") and system.info(path)["type"] == "file":
                return None
            return sorted(system.find(path))

        found = self._attempted(address, listed)
        if found is None:
            return None
        if not found:
            raise Unreadable("地址不存在，或文件夹里没有文件", "请检查地址")
        top, base = len(path.strip("/")), address.url.rstrip("/")
        below = [file.strip("/")[top:].strip("/") for file in found]
        return [(Address(f"{base}/{name}"), name) for name in below if name]

    def _linked(self, folder: Address) -> Iterator[tuple[Address, str]]:
        """Yield the files to which the page of a web folder links, and the pages of its subfolders; none outside it."""
        seen, waiting, pages = {folder.path}, deque([folder]), 0
        while waiting:
            page = waiting.popleft()
            pages += 1
            if pages > _PAGES:
                raise Unreadable(f"网页文件夹超过{_PAGES}页", "请给出下级文件夹，分几次读入")
            for link in self._links(page):
                if link.site != folder.site or not link.path.startswith(folder.path) or link.path in seen:
                    continue
                seen.add(link.path)
                if link.path.endswith("/"):
                    waiting.append(link)
                else:
                    yield link, link.path[len(folder.path) :]

    def _links(self, page: Address) -> Iterator[Address]:
        """Yield where the links of a page lead; a page that is no HTML has none."""
        from lxml import etree, html

        place = self.fetch(page, _PAGE)
        try:
            document = html.document_fromstring(place.read_bytes())
        except (ValueError, etree.ParserError):  # empty, or nothing but white space
            return
        finally:
            place.unlink(missing_ok=True)
        targets: Any = document.xpath("//a/@href")
        for target in targets:
            with suppress(ValueError, AddressError):
                found = Address.of(urljoin(page.url, target.strip()))
                if isinstance(found, Address) and found.is_web:
                    yield found

    def fetch(self, address: Address, most: int | None = None) -> Path:
        """Fetch a file of at most so many bytes (else those that a document may have), to be removed by the caller.

        Raises :class:`Unreadable` when that is not possible, after some attempts where another may succeed.
        """
        system, path = _system(address)
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="kg-build-")
        self._count += 1
        place = Path(self._folder.name, f"{self._count}{PurePosixPath(address.path).suffix}")
        bounded = _bounded(limits().file_size if most is None else most)
        try:
            self._attempted(address, lambda: system.get_file(path, str(place), callback=bounded()))
        except BaseException:
            place.unlink(missing_ok=True)
            raise
        return place

    def _attempted(self, address: Address, act: Callable[[], Any]) -> Any:  # noqa: ANN401 - what the act gives
        """Do what may pass the next time a few times; a server that was down to the last is asked once a file.

        The libraries for S3 try again themselves.
        """
        once = address.site in self._down or address.site.partition(":")[0] in _S3
        pause, attempts = _PAUSE, 1 if once else _ATTEMPTS
        for attempt in range(1, attempts + 1):
            try:
                done = act()
            except Unreadable:
                raise
            except Exception as error:
                reason, next_step, passing = _trouble(error)
                if not passing:
                    raise Unreadable(reason, next_step) from error
                if attempt == attempts:
                    self._down.add(address.site)
                    tried = "" if once else f"，试了{attempts}次"
                    raise Unreadable(f"{reason}{tried}", next_step) from error
                time.sleep(pause)
                pause *= 2
            else:
                self._down.discard(address.site)
                return done
        raise AssertionError  # the last attempt returns or raises

    def close(self) -> None:
        """Remove what is left."""
        if self._folder is not None:
            self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def _bounded(most: int) -> Callable[[], Any]:
    """Make the maker of callbacks for fsspec that end a download of too many bytes, or of too much time."""
    from fsspec.callbacks import Callback

    class Bounded(Callback):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.end = time.monotonic() + limits().seconds

        def set_size(self, size: int | None) -> None:
            super().set_size(size)
            self._check(size or 0)

        def relative_update(self, inc: int = 1) -> None:
            super().relative_update(inc)
            self._check(self.value)

        def _check(self, size: int) -> None:
            if size > most:
                raise Unreadable(f"文件超过{megabytes(most)}", wider("file-size"))
            if time.monotonic() > self.end:
                raise Unreadable(f"下载超过{limits().seconds}秒，已停止", wider("seconds"))

    return Bounded


@cache
def _file_system(site: str, *, encoded: bool) -> Any:  # noqa: ANN401 - fsspec's own
    """Give fsspec's file system for a site, set up by its own environment and configuration."""
    import fsspec

    scheme = site.partition(":")[0]
    kind = fsspec.get_filesystem_class(scheme)
    options: dict[str, Any] = kind._get_kwargs_from_urls(f"{site}/")  # noqa: SLF001 - fsspec's way to the host
    if scheme in _WEB:
        import aiohttp

        redirects = aiohttp.TraceConfig()
        redirects.on_request_redirect.append(_stay)
        client = {
            "timeout": aiohttp.ClientTimeout(total=None, sock_connect=_SILENCE, sock_read=_SILENCE),
            "trace_configs": [redirects],
            "trust_env": True,  # proxies, and the passwords of ~/.netrc
        }
        configured = fsspec.config.conf.get(scheme, {}).get("client_kwargs", {})
        options |= {"encoded": encoded, "client_kwargs": {**client, **configured}}
    elif scheme in _S3:
        options |= {"max_concurrency": 1}  # a file in one piece: its bound is watched while it comes
    return kind(skip_instance_cache=True, use_listings_cache=False, **options)


def _system(address: Address) -> tuple[Any, str]:
    """Give the file system for an address, and the address as it wants it. Raises :class:`Unreadable`."""
    scheme = urlsplit(address.url).scheme.lower()
    try:
        # One in ASCII is encoded as its server wants it: a signature breaks when that is done anew.
        system = _file_system(address.site, encoded=address.url.isascii() and " " not in address.url)
    except ImportError as missing:
        extra = "s3" if scheme in _S3 else "remote"
        more = "" if scheme in _WEB | _S3 else "，并装好fsspec为这种地址所用的程序库"
        raise Unreadable(
            f"读取{scheme}://所用的程序库没有安装", f"请运行 pip install 'jisu-kg[{extra}]'{more}"
        ) from missing
    return system, address.url if address.is_web else system._strip_protocol(address.url)  # noqa: SLF001


async def _stay(_: object, __: object, answer: Any) -> None:  # noqa: ANN401 - aiohttp's own
    """Follow a redirection within a site, also from HTTP to HTTPS, and none to another: it was not asked for."""
    target = answer.response.headers.get("Location") or answer.response.headers.get("URI") or ""
    before, after = urlsplit(str(answer.response.url)), urlsplit(urljoin(str(answer.response.url), target))
    same = (before.scheme, before.netloc) == (after.scheme, after.netloc)
    safer = (before.scheme, after.scheme, before.port, after.port) == ("http", "https", None, None)
    if not same and not (safer and before.hostname == after.hostname):
        answer.response.close()
        where = quoted(_bare(f"{after.scheme}://{after.netloc}"))
        raise Unreadable(f"转到了别的网站{where}", "请确认那个网站可靠，直接给出那里的地址")


def _trouble(error: Exception) -> tuple[str, str, bool]:
    """Say what went wrong, what to do, and whether it may pass; the libraries' words may hold keys and are not used."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    status = getattr(error, "status", None)
    if "TooManyRedirects" in kinds:
        return "服务器一再把地址转来转去", "请检查地址", False
    if isinstance(status, int) and status not in _NO_ENTRY:
        return f"服务器回答HTTP {status}", _LATER, status in _BUSY or status >= _SERVER_ERRORS
    if isinstance(error, PermissionError) or status in _NO_ENTRY or kinds & {"NoCredentialsError", "LoginError"}:
        return "没有读取权限", _CREDENTIALS, False
    if isinstance(error, FileNotFoundError):
        return "地址上没有这个文件", "请检查地址", False
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return f"临时文件写不了（{os_reason(error)}）", "请清理临时文件夹后重新运行", False
    if isinstance(error, TimeoutError) or kinds & {"ReadTimeoutError", "ConnectTimeoutError"}:
        return "服务器没有及时回答", _LATER, True
    if kinds & {"ClientConnectorError", "EndpointConnectionError", "ConnectionRefusedError", "gaierror"}:
        return "连不上服务器", "请检查地址和网络后重新运行", True
    if isinstance(error, OSError) or kinds & {"ClientError", "HTTPClientError", "IncompleteReadError"}:
        return "下载中途断开", _LATER, True
    return f"下载失败（{type(error).__name__}）", "请检查地址", False
