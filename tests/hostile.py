"""Clients that keep to no manners, each over and over until told to stop; they count what the server closes on them."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from typing import TYPE_CHECKING, Final

from tests.load import LONG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.serving import Served

_HOST: Final = b"Host: localhost\r\n"
_ASKING: Final = f"GET {LONG.target} HTTP/1.1\r\nAccept: text/csv\r\n".encode() + _HOST + b"\r\n"
#: A query that takes longer than any test.
ENDLESS: Final = (
    b"GET /sparql?query=SELECT%20(COUNT(*)%20AS%20?n)%20{?a%20?b%20?c.?d%20?e%20?f.?g%20?h%20?i} HTTP/1.1\r\n"
    + _HOST
    + b"\r\n"
)
_IDLE: Final = 100


class Hostile:
    """One of the clients: what it does, until ``over``; ``closed`` counts the connections that the server ended."""

    def __init__(self, server: Served) -> None:
        self.port = server.port
        self.over = threading.Event()
        self.closed = 0

    def connect(self, *, receive: int | None = None) -> socket.socket:
        line = socket.socket()
        if receive is not None:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        line.settimeout(60)
        line.connect(("127.0.0.1", self.port))
        return line

    def wait_closed(self, line: socket.socket) -> None:
        """Stay until the server has had enough."""
        line.settimeout(0.5)
        while not self.over.is_set():
            with contextlib.suppress(TimeoutError):
                if not line.recv(65536):
                    self.closed += 1
                    return


def reads_slowly(self: Hostile) -> None:
    with self.connect(receive=2048) as line:
        line.sendall(_ASKING)
        while not self.over.wait(0.2):
            assert line.recv(100)


def stays_with_half_a_head(self: Hostile) -> None:
    with self.connect() as line:
        line.sendall(b"GET /regulations HTTP/1.1\r\nHost: loc")
        self.wait_closed(line)


def drips_a_head(self: Hostile) -> None:
    with self.connect() as line:
        line.sendall(b"GET / HTTP/1.1\r\n" + _HOST)
        while not self.over.wait(1):
            line.sendall(b"X-More: 1\r\n")


def stays_with_half_a_body(self: Hostile) -> None:
    with self.connect() as line:
        line.sendall(
            b"POST /sparql HTTP/1.1\r\nContent-Type: application/sparql-query\r\nContent-Length: 1000\r\n" + _HOST
        )
        line.sendall(b"\r\nASK {")
        self.wait_closed(line)


def leaves_in_the_middle_of_an_answer(self: Hostile) -> None:
    while not self.over.wait(0.2):
        with self.connect(receive=2048) as line:
            line.sendall(_ASKING)
            line.recv(1000)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # without a farewell


def leaves_while_its_query_is_worked_on(self: Hostile) -> None:
    while not self.over.wait(2):
        with self.connect() as line:
            line.sendall(ENDLESS)
            self.over.wait(0.2)


def stays_without_a_word(self: Hostile) -> None:
    lines = [self.connect() for _ in range(_IDLE)]
    for line in lines[::2]:  # half of them have asked once, and keep the connection
        line.sendall(b"GET /static/icon.svg HTTP/1.1\r\n" + _HOST + b"\r\n")
    for line in lines:
        self.wait_closed(line)
        line.close()


def sends_a_huge_head(self: Hostile) -> None:
    while not self.over.wait(0.5):
        with self.connect() as line:
            line.sendall(b"GET / HTTP/1.1\r\n" + _HOST + b"X-Long: ")
            for _ in range(100):
                line.sendall(b"a" * 10_000)


def sends_a_huge_body(self: Hostile) -> None:
    while not self.over.wait(0.5):
        with self.connect() as line:
            line.sendall(b"POST /sparql HTTP/1.1\r\nContent-Type: application/sparql-query\r\n" + _HOST)
            line.sendall(b"Transfer-Encoding: chunked\r\n\r\n")
            for _ in range(1000):
                line.sendall(b"2710\r\n" + b"a" * 10_000 + b"\r\n")


def sends_everything_at_once(self: Hostile) -> None:
    while not self.over.wait(1):
        with self.connect() as line:
            line.sendall((b"GET /regulations HTTP/1.1\r\n" + _HOST + b"\r\n") * 200)
            line.recv(1000)


def speaks_another_language(self: Hostile) -> None:
    while not self.over.wait(0.3):
        with self.connect() as line:
            line.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)) + b"\r\n\r\n")
            self.wait_closed(line)


CLIENTS: Final[tuple[Callable[[Hostile], None], ...]] = (
    reads_slowly,
    stays_with_half_a_head,
    drips_a_head,
    stays_with_half_a_body,
    leaves_in_the_middle_of_an_answer,
    leaves_while_its_query_is_worked_on,
    stays_without_a_word,
    sends_a_huge_head,
    sends_a_huge_body,
    sends_everything_at_once,
    speaks_another_language,
)


@contextlib.contextmanager
def hostile(server: Served, each: int = 2) -> Iterator[dict[str, Hostile]]:
    """Run all of them until the block ends, each several times; give them by name."""
    clients = {f"{work.__name__} {number}": Hostile(server) for work in CLIENTS for number in range(each)}

    def run(work: Callable[[Hostile], None], client: Hostile) -> None:
        while not client.over.is_set():
            try:
                work(client)
            except OSError:  # refused or cut off, as it should be
                client.closed += 1
                time.sleep(0.1)

    works = {work.__name__: work for work in CLIENTS}
    threads = [threading.Thread(target=run, args=(works[name.split()[0]], client)) for name, client in clients.items()]
    for thread in threads:
        thread.start()
    try:
        yield clients
    finally:
        for client in clients.values():
            client.over.set()
        for thread in threads:
            thread.join()
