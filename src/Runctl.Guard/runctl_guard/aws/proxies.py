"""Which proxy a request goes through: HTTPS_PROXY, HTTP_PROXY and NO_PROXY of the machine, read as curl and Python read them."""
import base64
import re
import urllib.parse
from typing import Dict, NamedTuple, Optional

from ..errors import STORAGE, GuardError


class Proxy(NamedTuple):
    """`authorization` holds the password: only the proxy gets it, and no text does."""
    host: str
    port: int
    authorization: Optional[str]

    def headers(self) -> Dict[str, str]:
        return {"Proxy-Authorization": self.authorization} if self.authorization else {}


def proxy_for(scheme: str, netloc: str, settings: Dict[str, str]) -> Optional[Proxy]:
    """None for a direct connection. `settings` by name in lower case."""
    url = settings.get(scheme + "_proxy", "").strip()
    parts = urllib.parse.urlsplit("//" + netloc)
    if not url or _direct(parts.hostname or "", parts.port, scheme, settings.get("no_proxy", "")):
        return None
    return _parse(url if "://" in url else "http://" + url, scheme.upper() + "_PROXY")


def _parse(url: str, name: str) -> Proxy:
    try:
        parts = urllib.parse.urlsplit(url)
        host, port = parts.hostname, parts.port
        # As a connection does it: not every text is the name of a host.
        (host or "").encode("idna")
    except ValueError:
        host = port = None
    if not host or parts.scheme != "http":
        # Without the rest of the address, which may hold a password.
        raise GuardError("ProxyUnusable", "%s of this machine is not the address of an HTTP proxy. Set it to http://host:port, "
                         "in the environment of the SSM agent or in /etc/environment." % name, STORAGE, name)
    authorization = None
    if parts.username is not None:
        pair = "%s:%s" % (urllib.parse.unquote(parts.username), urllib.parse.unquote(parts.password or ""))
        authorization = "Basic " + base64.b64encode(pair.encode("utf-8")).decode("ascii")
    return Proxy(host, port or 80, authorization)


def _direct(host: str, port: Optional[int], scheme: str, no_proxy: str) -> bool:
    """The machine itself is never behind a proxy."""
    if host == "localhost" or host.endswith(".localhost") or host == "::1" or re.match(r"127(\.\d+){3}$", host):
        return True
    port = port or {"https": 443, "http": 80}.get(scheme)
    return any(_names(entry.strip().lower(), host, port) for entry in re.split(r"[,\s]+", no_proxy) if entry.strip())


def _names(entry: str, host: str, port: Optional[int]) -> bool:
    """Whether an entry names the host: `*`, an address, a network as 10.0.0.0/8, or a domain with all below it, any of them
    with a port."""
    if entry == "*":
        return True
    if "/" in entry:
        return _in_network(host, entry)
    bracketed = re.match(r"\[(.*)\](?::(\d+))?$", entry)
    plain = re.match(r"([^:]*):(\d+)$", entry)
    name, wanted = bracketed.groups() if bracketed else plain.groups() if plain else (entry, None)
    if wanted and int(wanted) != port:
        return False
    name = name.lstrip("*").lstrip(".")
    return bool(name) and (host == name or host.endswith("." + name))


def _in_network(host: str, network: str) -> bool:
    import ipaddress
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
