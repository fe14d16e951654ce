"""HTTP with connections that are kept, one per thread and host; through the machine's proxy where it has one."""
import email.utils
import functools
import http.client
import io
import socket
import ssl
import threading
import time
import urllib.parse
from typing import Any, Callable, Dict, NamedTuple, Optional, Tuple

from ..system.machine_settings import machine_settings
from .proxies import Proxy, proxy_for

_local = threading.local()

# What is read into memory; the training can put objects of any size in the place of a record or a manifest.
LARGEST = 64 << 20
# The head of an answer has the time limit of its request, from the first byte to the last. Its body has so many times the limit,
# and a second more for so many bytes: what trickles is no answer, and is asked for again.
BODY_TIMES, BODY_RATE = 3, 1024
BLOCK = 1 << 20

# Reads an answer that is no error to its end, and returns what is left of it for the caller.
Receive = Callable[[http.client.HTTPResponse], bytes]


class Answer(NamedTuple):
    status: int
    headers: Dict[str, str]
    body: bytes

    def header(self, name: str) -> Optional[str]:
        return self.headers.get(name.lower())

    def clock_offset(self) -> Optional[float]:
        """Seconds to add to our clock to have the other side's; None where the answer has no date that can be read."""
        try:
            return email.utils.parsedate_to_datetime(self.headers["date"]).timestamp() - time.time()
        except (KeyError, TypeError, ValueError, OverflowError):
            return None


class ProxyFailed(OSError):
    """A request that went through a proxy had no answer; the proxy's address is in the text, without its password."""
    pass


class AnswerTooLarge(http.client.HTTPException):
    def __init__(self) -> None:
        super().__init__("the answer is larger than %d MiB" % (LARGEST >> 20))


class _Timed(io.RawIOBase):
    """What a socket receives, as long as it comes in time as a whole. The socket's own limit is for one packet."""

    def __init__(self, sock: socket.socket, timeout: float) -> None:
        self._sock, self._raw = sock, sock.makefile("rb", buffering=0)
        self._timeout, self._in_body = timeout, False
        self._end = time.monotonic() + timeout

    def begin_body(self) -> None:
        self._in_body = True
        self._end = time.monotonic() + BODY_TIMES * self._timeout

    def readable(self) -> bool:
        return True

    def readinto(self, block: Any) -> Optional[int]:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer comes too slowly")
        self._sock.settimeout(min(left, self._timeout))
        count = self._raw.readinto(block)  # type: ignore[attr-defined]
        if self._in_body and count:
            self._end += count / BODY_RATE
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, timeout: float, sock: socket.socket, *more: Any, **named: Any) -> None:
        super().__init__(sock, *more, **named)
        self.fp.close()
        self._timed = _Timed(sock, timeout)
        self.fp = io.BufferedReader(self._timed)

    def begin(self) -> None:
        super().begin()
        self._timed.begin_body()


class _Kept(NamedTuple):
    connection: http.client.HTTPConnection
    proxy: Optional[Proxy]


@functools.lru_cache(maxsize=None)
def _context() -> ssl.SSLContext:
    """One for all: to read the machine's certificates takes a thread longer than its first request."""
    return ssl.create_default_context()


def _connection(scheme: str, host: str, timeout: float, direct: bool = False) -> Tuple[_Kept, bool]:
    """The thread's connection, and whether it is still to be opened. The machine's settings count as they are then."""
    all_kept = _local.__dict__.setdefault("connections", {})
    kept = all_kept.get((scheme, host, direct))
    fresh = kept is None or kept.connection.sock is None
    if fresh:
        kept = all_kept[(scheme, host, direct)] = _new(scheme, host, timeout, direct)
    kept.connection.timeout = timeout
    kept.connection.response_class = functools.partial(_Response, timeout)  # type: ignore[assignment]
    if kept.connection.sock is not None:
        kept.connection.sock.settimeout(timeout)
    return kept, fresh


def _new(scheme: str, host: str, timeout: float, direct: bool) -> _Kept:
    proxy = None if direct else proxy_for(scheme, host, machine_settings())
    more = {"context": _context()} if scheme == "https" else {}
    kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
    at = "%s:%d" % ("[%s]" % proxy.host if ":" in proxy.host else proxy.host, proxy.port) if proxy else host
    connection = kind(at, timeout=timeout, blocksize=1 << 20, **more)
    if proxy and scheme == "https":
        connection.set_tunnel(host, headers=proxy.headers())
    return _Kept(connection, proxy)


def open_request(method: str, url: str, headers: Optional[Dict[str, str]] = None, body: Any = None,
                 timeout: float = 10.0, direct: bool = False) -> http.client.HTTPResponse:
    """Sends and returns the answer unread. OSError or HTTPException when no answer came. `direct` is never through a proxy."""
    parts = urllib.parse.urlsplit(url)
    target = (parts.path or "/") + ("?" + parts.query if parts.query else "")
    while True:
        kept, fresh = _connection(parts.scheme, parts.netloc, timeout, direct)
        connection, proxy = kept
        sent = dict(headers or {})
        if proxy and parts.scheme == "http":
            # A proxy is asked for the whole address.
            sent.update(proxy.headers())
            asked = "http://%s%s" % (parts.netloc, target)
        else:
            asked = target
        try:
            connection.request(method, asked, body=body, headers=sent)
            return connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            # The other side may close a kept connection at any time; a stream that was read cannot be sent again.
            closed = isinstance(error, (ConnectionError, http.client.BadStatusLine))
            if fresh or not closed or hasattr(body, "read"):
                if proxy:
                    raise ProxyFailed("%s, through the proxy %s:%d" % (error or type(error).__name__, proxy.host, proxy.port))
                raise


def request(method: str, url: str, headers: Optional[Dict[str, str]] = None, body: Any = None,
            timeout: float = 10.0, receive: Optional[Receive] = None, direct: bool = False) -> Answer:
    response = open_request(method, url, headers, body, timeout, direct)
    try:
        data = receive(response) if receive and response.status < 300 else _whole(response)
    except BaseException:
        drop(url)
        raise
    return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, data)


def _whole(response: http.client.HTTPResponse) -> bytes:
    if response.length is not None:
        if response.length > LARGEST:
            raise AnswerTooLarge()
        # Only so a body that ends early is an error.
        return response.read()
    data = bytearray()
    while True:
        block = response.read(BLOCK)
        if not block:
            return bytes(data)
        data += block
        if len(data) > LARGEST:
            raise AnswerTooLarge()


def drop(url: str) -> None:
    """Closes this thread's connections to the host, as after an answer that was not read to its end."""
    parts = urllib.parse.urlsplit(url)
    for direct in (False, True):
        kept = _local.__dict__.get("connections", {}).get((parts.scheme, parts.netloc, direct))
        if kept is not None:
            kept.connection.close()


def close_connections() -> None:
    """All of this thread, which is about to end."""
    for kept in _local.__dict__.get("connections", {}).values():
        kept.connection.close()
