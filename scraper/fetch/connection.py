"""The connections a client opens: never to a private address, and cut off when the time for an answer is up.

A time-out on the socket bounds each silence only: a site that drips one byte a second would hold a run for ever,
in its headers too. So a timer shuts the socket in use, whatever is being read from it.
"""

import ipaddress
import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import InvalidHeader

from scraper.fetch.address import plain

log = logging.getLogger(__name__)


class PrivateAddressError(Exception):
    """A public host name led to an address of a private network; carries that address."""


def refuse_private(address: str) -> None:
    """Raises PrivateAddressError unless the IP address belongs to the public internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        ip = ip.ipv4_mapped or ip
    if not ip.is_global:
        raise PrivateAddressError(str(ip))


class Guard:
    """What holds for all connections of one client."""

    def __init__(self, allow_private: bool) -> None:
        self.allow_private = allow_private
        self.in_use: socket.socket | None = None
        self.expired = False

    def opened(self, connected: socket.socket) -> None:
        """Closes a connection to a private address and raises PrivateAddressError."""
        if self.allow_private:
            return
        try:
            refuse_private(connected.getpeername()[0])
        except PrivateAddressError:
            connected.close()
            raise

    @contextmanager
    def deadline(self, seconds: float) -> Iterator[None]:
        """Cuts the connection in use when the block takes longer; `expired` then says so."""
        self.expired = False
        self.in_use = None
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            self.in_use = None

    def _cut(self) -> None:
        self.expired = True
        connected = self.in_use
        if connected is None:
            return
        try:
            # Not SSLSocket's own shutdown: it drops the TLS state under the reading thread.
            socket.socket.shutdown(connected, socket.SHUT_RDWR)
        except OSError as error:
            log.debug("connection was gone already: %s", plain(str(error)))


class GuardedAdapter(HTTPAdapter):
    """An adapter of requests whose every connection, through a proxy too, obeys the guard."""

    def __init__(self, guard: Guard) -> None:
        class Plain(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                connected = super()._new_conn()
                if self.proxy is None:
                    guard.opened(connected)
                return connected

            def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as urllib3's own
                guard.in_use = connected = self.sock
                try:
                    return super().getresponse()
                except InvalidHeader:
                    # urllib3 drops such an answer (two lengths in one header) without closing it.
                    if connected.fileno() >= 0:
                        os.close(connected.detach())
                    raise

        class Tls(Plain, HTTPSConnection):
            pass

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class TlsPool(HTTPSConnectionPool):
            ConnectionCls = Tls

        self._pools: dict[str, type[HTTPConnectionPool]] = {"http": PlainPool, "https": TlsPool}
        super().__init__(pool_connections=4, pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> PoolManager:
        manager: PoolManager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager
