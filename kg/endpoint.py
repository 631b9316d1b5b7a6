"""A SPARQL 1.1 endpoint as a store: its addresses, and the requests that are sent to them.

Three protocols of the W3C (2013) are spoken: SPARQL 1.1 Protocol (queries, updates), Graph Store HTTP Protocol
(whole named graphs) and Query Results JSON. User and password come from the environment only and stand in no message.
"""

from __future__ import annotations

import base64
import http.client
import os
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, urlencode, urlsplit

from kg.messages import one_line, quoted
from kg.store_folder import StoreError, is_address
from kg.waiting import waiting_seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Environment variables: the addresses where they differ from the conventions, who asks, and how long to wait.
UPDATE_VARIABLE: Final = "KG_ENDPOINT_UPDATE"
DATA_VARIABLE: Final = "KG_ENDPOINT_DATA"
USER_VARIABLE: Final = "KG_ENDPOINT_USER"
PASSWORD_VARIABLE: Final = "KG_ENDPOINT_PASSWORD"  # noqa: S105 - the name of a variable
TIMEOUT_VARIABLE: Final = "KG_ENDPOINT_TIMEOUT"
_TIMEOUT: Final = 300.0
_ADDRESSES: Final = "例如 http://主机:7878/query（Oxigraph）、http://主机:8890/sparql（Virtuoso）、http://主机:3030/库名/query（Fuseki）"
#: Answers after which the same request may be sent once more: the server, or one before it, is busy or starting.
_BUSY: Final = frozenset({429, 502, 503, 504})
_ATTEMPTS: Final = 4
#: Seconds before the second attempt, doubled from one to the next, and the most that a server's Retry-After counts.
_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 10.0
_CHUNK: Final = 1 << 16
#: So many characters of what a server says of an error are passed on.
_SAID: Final = 160
_NOT_FOUND: Final = 404
_NO_ENTRY: Final = frozenset({401, 403})


class EndpointError(StoreError):
    """The endpoint cannot be used as asked, or does not answer as the protocols have it."""


class Refused(EndpointError):
    """The endpoint has refused the request: nothing was changed by it."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The addresses of one endpoint; ``update`` and ``data`` are None where they are not known.

    >>> Endpoint.of("http://localhost:7878/query").data
    'http://localhost:7878/store'
    """

    query: str
    update: str | None
    data: str | None

    @classmethod
    def of(cls, address: str) -> Endpoint:
        """Make it from the address of the query endpoint.

        The others are those of the environment's ``KG_ENDPOINT_UPDATE`` and ``KG_ENDPOINT_DATA``, else follow the
        conventions of the engines. Raises :class:`EndpointError` for an address without a path, or with a user or
        password in it.
        """
        parts = _checked(address, "--store")
        if not parts.path.strip("/"):
            raise EndpointError(f"{_shown(address)}没有写明查询端点的路径", f"请写出完整地址，{_ADDRESSES}")
        guessed_update, guessed_data = _conventions(parts)
        update = os.environ.get(UPDATE_VARIABLE) or guessed_update
        data = os.environ.get(DATA_VARIABLE) or guessed_data
        for given, variable in ((update, UPDATE_VARIABLE), (data, DATA_VARIABLE)):
            if given is not None:
                _checked(given, variable)
        return cls(address, update, data)

    def __str__(self) -> str:
        return _shown(self.query)


def _checked(address: str, option: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or not is_address(address) or not address.isascii() or any(one <= " " for one in address):
        raise EndpointError(f"{option}给出的{quoted(_without_user(address))}不是网址", f"请写出完整地址，{_ADDRESSES}")
    if "@" in parts.netloc:
        raise EndpointError(
            f"{option}的网址里不能写用户名和密码", f"请把它们放进环境变量{USER_VARIABLE}和{PASSWORD_VARIABLE}"
        )
    return parts


def _without_user(address: str) -> str:
    head, at, tail = address.rpartition("@")
    return f"…@{tail}" if at else head + tail


def _shown(address: str) -> str:
    """Give an address as it may stand in a message: without a query string, which may hold a key."""
    return quoted(address.partition("?")[0])


def _conventions(parts: SplitResult) -> tuple[str | None, str | None]:
    """Give the addresses for updates and graphs that go with a query address, by its path.

    Oxigraph: ``/query``. Virtuoso: ``/sparql``; those that ask for a password end in ``-auth``. Fuseki (and others of
    its kind): ``/name/query`` or ``/name/sparql``. GraphDB and RDF4J: ``…/repositories/name``.
    """
    site, path = f"{parts.scheme}://{parts.netloc}", parts.path.rstrip("/")
    query = f"?{parts.query}" if parts.query else ""
    above, _, last = path.rpartition("/")
    if path == "/query":
        return f"{site}/update{query}", f"{site}/store{query}"
    if path == "/sparql":
        auth = "-auth" if os.environ.get(USER_VARIABLE) else ""
        return f"{site}/sparql{auth}", f"{site}/sparql-graph-crud{auth}"
    if last in {"query", "sparql"}:
        return f"{site}{above}/update{query}", f"{site}{above}/data{query}"
    if above.endswith("/repositories"):
        return f"{site}{path}/statements", f"{site}{path}/rdf-graphs/service"
    return None, None


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint answered to a request that it did not refuse."""

    status: int
    media_type: str
    headers: Mapping[str, str]
    body: bytes


class Client:
    """Sends requests to one endpoint: with password where one is asked for, again where that is safe.

    Every request that the program sends may be sent twice: queries, graphs that are put or deleted whole, and updates
    that insert or delete given statements.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self._timeout = waiting_seconds(TIMEOUT_VARIABLE, _TIMEOUT, EndpointError)
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        user = os.environ.get(USER_VARIABLE)
        self._has_user = bool(user)
        if user:
            for address in (endpoint.query, endpoint.update, endpoint.data):
                if address is not None:
                    passwords.add_password(None, address, user, os.environ.get(PASSWORD_VARIABLE, ""))
        self._opener = urllib.request.build_opener(_NoRedirects, _Digest(passwords), _Basic(passwords))

    def query(self, text: str, accept: str) -> Answer:
        """Send a query. Raises :class:`EndpointError` when it is not answered whole."""
        form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": accept}
        answer = self._send("POST", self.endpoint.query, urlencode({"query": text}).encode(), form)
        # Virtuoso answers with a part, and says so only here.
        if "x-sparql-maxrows" in answer.headers:
            raise EndpointError(
                f"端点{self.endpoint}只给出了前{one_line(answer.headers['x-sparql-maxrows'])}行结果",
                "请在服务器上放宽行数限制（Virtuoso：virtuoso.ini中[SPARQL]的ResultSetMaxRows），或缩小查询范围",
            )
        if "x-sql-state" in answer.headers:
            raise EndpointError(
                f"端点{self.endpoint}没有算完就给出了部分结果",
                "请在服务器上放宽时间限制（Virtuoso：MaxQueryExecutionTime），或缩小查询范围",
            )
        return answer

    def update(self, text: str) -> None:
        """Send an update that does the same when it is sent twice."""
        address = self._known(self.endpoint.update, "更新", UPDATE_VARIABLE)
        self._send("POST", address, text.encode(), {"Content-Type": "application/sparql-update"})

    def put(self, graph: str, ntriples: bytes) -> None:
        """Put triples in the place of what a named graph holds."""
        # N-Triples are Turtle, which every graph store takes.
        self._send("PUT", self._graph(graph), ntriples, {"Content-Type": "text/turtle; charset=utf-8"})

    def get(self, graph: str) -> bytes | None:
        """Give the triples of a named graph as N-Triples, None where there is no such graph."""
        answer = self._send("GET", self._graph(graph), None, {"Accept": "application/n-triples"}, missing=True)
        if answer.status == _NOT_FOUND:
            return None
        if answer.media_type not in {"application/n-triples", "text/plain"}:
            raise unexpected(self.endpoint, answer, "N-Triples")
        return answer.body

    def delete(self, graph: str) -> None:
        """Take a named graph out, if it is there."""
        self._send("DELETE", self._graph(graph), None, {}, missing=True)

    def _graph(self, graph: str) -> str:
        address = self._known(self.endpoint.data, "存取命名图", DATA_VARIABLE)
        return f"{address}{'&' if '?' in address else '?'}{urlencode({'graph': graph})}"

    def _known(self, address: str | None, what: str, variable: str) -> str:
        if address is None:
            raise EndpointError(f"由{self.endpoint}推不出{what}用的地址", f"请用环境变量{variable}给出")
        return address

    def _send(
        self, method: str, address: str, body: bytes | None, headers: dict[str, str], *, missing: bool = False
    ) -> Answer:
        pause = _PAUSE
        for attempt in range(1, _ATTEMPTS + 1):
            last = attempt == _ATTEMPTS
            try:
                return self._once(urllib.request.Request(address, body, headers, method=method))  # noqa: S310 - checked
            except urllib.error.HTTPError as problem:
                with problem:
                    if missing and problem.code == _NOT_FOUND:
                        return Answer(problem.code, "", {}, b"")
                    if problem.code not in _BUSY or last:
                        raise self._refusal(problem, address) from None
                    wait = _asked_to_wait(problem) or pause
            except (TimeoutError, ValueError) as problem:
                raise self._failure(address, problem) from None
            except (OSError, http.client.HTTPException) as problem:
                reason = problem.reason if isinstance(problem, urllib.error.URLError) else problem
                if last or isinstance(reason, TimeoutError) or not _may_pass(reason):
                    raise self._failure(address, reason) from None
                wait = pause
            time.sleep(wait)
            pause *= 2
        raise AssertionError  # the last attempt returns or raises

    def _once(self, request: urllib.request.Request) -> Answer:
        """Send a request and read the whole answer, both within the time allowed."""
        end = time.monotonic() + self._timeout
        with self._opener.open(request, timeout=self._timeout) as response:
            parts = []
            while part := response.read1(_CHUNK):
                parts.append(part)
                if time.monotonic() > end:
                    raise TimeoutError
            body = b"".join(parts)
            length = response.headers.get("Content-Length")
            if length is not None and length.isdigit() and int(length) != len(body):
                raise http.client.IncompleteRead(body[:0])
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, response.headers.get_content_type(), headers, body)

    def _refusal(self, problem: urllib.error.HTTPError, address: str) -> EndpointError:
        where, code = _shown(address), problem.code
        if code in _NO_ENTRY:
            what = "不接受所给的用户名和密码，或该用户没有权限" if self._has_user else "要求用户名和密码"
            step = f"请设好环境变量{USER_VARIABLE}和{PASSWORD_VARIABLE}，并确认该用户可以做这件事"
            return Refused(f"端点{where}{what}（HTTP {code}）", step)
        if code in _BUSY:
            return EndpointError(f"端点{where}暂时不能服务（HTTP {code}），试了{_ATTEMPTS}次", "请稍后再运行同一命令")
        moved = problem.headers.get("Location")
        if moved and code // 100 == 3:  # noqa: PLR2004 - the class of redirections
            return Refused(f"端点{where}转到了{_shown(_without_user(moved))}（HTTP {code}）", "请直接写那个地址")
        said = _said(problem)
        what = f"端点{where}拒绝了请求（HTTP {code}{'：' + said if said else ''}）"
        if code == _NOT_FOUND:
            return Refused(what, f"请检查地址，{_ADDRESSES}")
        kind = Refused if code // 100 == 4 else EndpointError  # noqa: PLR2004 - the class of refusals
        return kind(what, "请检查地址、端点的设置和服务器日志")

    def _failure(self, address: str, reason: object) -> EndpointError:
        where = _shown(address)
        if isinstance(reason, TimeoutError):
            return EndpointError(
                f"端点{where}在{self._timeout:g}秒内没有答完", f"请稍后再试，或用环境变量{TIMEOUT_VARIABLE}给更多秒数"
            )
        if isinstance(reason, ConnectionRefusedError):
            return EndpointError(f"连不上端点{where}", "请检查地址，并确认服务器已经启动")
        if isinstance(reason, http.client.HTTPException | ConnectionError):
            return EndpointError(f"与端点{where}的连接中途断开，试了{_ATTEMPTS}次", "请稍后再运行同一命令")
        if isinstance(reason, ValueError):  # what urllib says of a way to log in that it does not know
            return EndpointError(f"端点{where}要求的登录方式不受支持", "请在服务器上改用HTTP Basic或Digest")
        return EndpointError(f"连不上端点{where}：{one_line(str(reason))}", "请检查地址和网络")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows no redirection: a password, or an update that turns into a query, must not end up elsewhere."""

    def redirect_request(self, *_: Any) -> None:  # noqa: ANN401 - urllib's own arguments
        return None


class _Digest(urllib.request.HTTPDigestAuthHandler):
    """Answers the last challenge in advance: a server that refuses a long request reads none of it and hangs up."""

    _challenge: Mapping[str, str] | None = None

    def get_authorization(self, req: urllib.request.Request, chal: Mapping[str, str]) -> str | None:
        """Remember the challenge."""
        self._challenge = chal
        return super().get_authorization(req, chal)

    def http_request(self, req: urllib.request.Request) -> urllib.request.Request:
        """Log in with what the server asked for the last time."""
        if self._challenge is not None:
            answer = super().get_authorization(req, self._challenge)
            if answer:
                req.add_unredirected_header(self.auth_header, f"Digest {answer}")
        return req

    https_request = http_request


class _Basic(urllib.request.HTTPBasicAuthHandler):
    """Sends the password in advance once the server has asked for it in this way."""

    _realm: str | None = None

    def retry_http_basic_auth(self, host: str, req: urllib.request.Request, realm: str) -> Any:  # noqa: ANN401 - urllib
        """Remember that the server asked."""
        self._realm = realm
        return super().retry_http_basic_auth(host, req, realm)

    def http_request(self, req: urllib.request.Request) -> urllib.request.Request:
        """Log in as the server asked the last time."""
        if self._realm is not None:
            user, password = self.passwd.find_user_password(self._realm, req.full_url)
            if user is not None:
                pair = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
                req.add_unredirected_header(self.auth_header, f"Basic {pair}")
        return req

    https_request = http_request


def _may_pass(reason: object) -> bool:
    """Tell whether a failure to get through may be gone the next time; a name that is none stays one."""
    return isinstance(reason, ConnectionError | http.client.HTTPException)


def _asked_to_wait(problem: urllib.error.HTTPError) -> float | None:
    text = problem.headers.get("Retry-After", "")
    return min(float(text), _LONGEST_PAUSE) if text.isascii() and text.isdigit() else None


def _said(problem: urllib.error.HTTPError) -> str:
    """Give the first line of a plain answer; web pages and the like say nothing useful."""
    if problem.headers.get_content_type() == "text/html":
        return ""
    try:
        text = problem.read(4 * _SAID).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        return ""
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return one_line(first)[:_SAID]


def unexpected(endpoint: Endpoint, answer: Answer, wanted: str) -> EndpointError:
    """Make the error for an answer of another kind than was asked for."""
    what = "网页（HTML）" if "html" in answer.media_type else quoted(answer.media_type or "没有写明类型的内容")
    return EndpointError(f"端点{endpoint}回答的不是{wanted}，而是{what}", f"请检查地址，{_ADDRESSES}")
