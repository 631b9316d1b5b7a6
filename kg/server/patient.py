"""HTTP connections that wait for a request's head, but not for ever, and not in any number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

#: A client that has sent half a head has so many seconds for the rest.
_HEAD_SECONDS: Final = 20.0
#: So many connections beyond the limit are told to come again; more are closed without a word, before the system has no
#: handles left and nobody at all can connect.
_TOLD: Final = 20


class Patient(H11Protocol):
    """uvicorn's protocol; it closes connections that are too many or leave a head unfinished, which uvicorn keeps."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock."""
        super().connection_made(transport)
        if self.limit_concurrency is not None and len(self.connections) > self.limit_concurrency + _TOLD:
            transport.abort()
        else:
            self._watch()

    def data_received(self, data: bytes) -> None:
        """Take what came, and look whether the head is there."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        super().connection_lost(exc)
        self._rest()

    def send_400_response(self, msg: str) -> None:
        """Tell a client that it sends no HTTP; nothing that it asked before is answered any more."""
        super().send_400_response(msg)
        if self.cycle is not None:
            self.cycle.disconnected = True

    def _watch(self) -> None:
        """Start the clock while a head is awaited, stop it when one is there."""
        if self.conn.their_state is not h11.IDLE:
            self._rest()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(_HEAD_SECONDS, self.transport.close)

    def _rest(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
