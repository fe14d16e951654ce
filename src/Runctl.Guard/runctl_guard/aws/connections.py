"""HTTP with connections that are kept, one per thread and host."""
import functools
import http.client
import ssl
import threading
import urllib.parse
from typing import Any, Callable, Dict, NamedTuple, Optional, Tuple

_local = threading.local()

# Reads an answer that is no error to its end, and returns what is left of it for the caller.
Receive = Callable[[http.client.HTTPResponse], bytes]


class Answer(NamedTuple):
    status: int
    headers: Dict[str, str]
    body: bytes

    def header(self, name: str) -> Optional[str]:
        return self.headers.get(name.lower())


@functools.lru_cache(maxsize=None)
def _context() -> ssl.SSLContext:
    """One for all: to read the machine's certificates takes a thread longer than its first request."""
    return ssl.create_default_context()


def _connection(scheme: str, host: str, timeout: float) -> Tuple[http.client.HTTPConnection, bool]:
    kept = _local.__dict__.setdefault("connections", {})
    connection = kept.get((scheme, host))
    fresh = connection is None or connection.sock is None
    if connection is None:
        more = {"context": _context()} if scheme == "https" else {}
        kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
        connection = kept[(scheme, host)] = kind(host, timeout=timeout, blocksize=1 << 20, **more)
    connection.timeout = timeout
    if connection.sock is not None:
        connection.sock.settimeout(timeout)
    return connection, fresh


def open_request(method: str, url: str, headers: Optional[Dict[str, str]] = None, body: Any = None,
                 timeout: float = 10.0) -> http.client.HTTPResponse:
    """Sends and returns the answer unread. OSError or HTTPException when no answer came."""
    parts = urllib.parse.urlsplit(url)
    target = (parts.path or "/") + ("?" + parts.query if parts.query else "")
    while True:
        connection, fresh = _connection(parts.scheme, parts.netloc, timeout)
        try:
            connection.request(method, target, body=body, headers=headers or {})
            return connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            # The other side may close a kept connection at any time; a stream that was read can not be sent again.
            closed = isinstance(error, (ConnectionError, http.client.BadStatusLine))
            if fresh or not closed or hasattr(body, "read"):
                raise


def request(method: str, url: str, headers: Optional[Dict[str, str]] = None, body: Any = None,
            timeout: float = 10.0, receive: Optional[Receive] = None) -> Answer:
    response = open_request(method, url, headers, body, timeout)
    try:
        data = receive(response) if receive and response.status < 300 else response.read()
    except BaseException:
        drop(url)
        raise
    return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, data)


def drop(url: str) -> None:
    """Closes this thread's connection to the host, as after an answer that was not read to its end."""
    parts = urllib.parse.urlsplit(url)
    connection = _local.__dict__.get("connections", {}).get((parts.scheme, parts.netloc))
    if connection is not None:
        connection.close()


def close_connections() -> None:
    """All of this thread, which is about to end."""
    for connection in _local.__dict__.get("connections", {}).values():
        connection.close()
