"""Which addresses a fetch may ask, and what stands in their place when a mirror does.

Everything outside this stage knows live addresses only: a mirror's never leaves it.
"""

from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urldefrag, urljoin, urlsplit

from scraper.errors import FetchError, SettingsError

DEFAULT_PORTS = {"http": 80, "https": 443}


def plain(text: str, most: int = 300) -> str:
    """Text of a stranger on one line, without control characters, cut to a length fit for a message."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= most else f"{line[:most]}…"


def without_password(url: str) -> str:
    """The address without user name and password, fit for messages and logs."""
    scheme, mark, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    return plain(scheme + mark + authority.rpartition("@")[2] + slash + path)


def split(url: str) -> SplitResult:
    """The parts of an address. Raises FetchError on one that has no such parts."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # a port that is no number shows itself only when asked for
    except ValueError as error:
        raise FetchError(
            without_password(url), f"a malformed address ({plain(str(error))})", "a web address"
        ) from None
    return parts


@dataclass(frozen=True)
class Addresses:
    """The hosts of a source, and the mirror asked in their place; "" asks the live hosts themselves."""

    hosts: frozenset[str]
    base_url: str = ""

    def __post_init__(self) -> None:
        if not self.base_url:
            return
        shown = without_password(self.base_url)
        try:
            base = split(self.base_url)
        except FetchError as error:
            raise SettingsError(f"base URL {shown!r} has {error.found}; expected http://host:port/") from None
        if base.scheme not in DEFAULT_PORTS or not base.hostname:
            raise SettingsError(
                f"base URL {shown!r} is no web address; expected http://host:port/ or https://host/"
            )
        if "@" in base.netloc or base.query or base.fragment:
            raise SettingsError(
                f"base URL {shown!r} holds a password, query or fragment; expected http://host:port/"
            )

    def allowed(self, url: str) -> str:
        """The live address, without fragment. Raises FetchError when it is not on one of the source's own hosts."""
        url = urldefrag(url).url
        parts = split(url)
        expected = f"an http(s) address on {' or '.join(sorted(self.hosts))}"
        if parts.scheme not in DEFAULT_PORTS or "@" in parts.netloc:
            raise FetchError(without_password(url), "another kind of address", expected)
        if parts.hostname not in self.hosts or parts.port not in (None, DEFAULT_PORTS[parts.scheme]):
            raise FetchError(url, f"host {plain(parts.netloc)!r}", expected)
        return url

    def to_ask(self, live_url: str) -> str:
        """The address that is really asked for a live one: the mirror's, if there is one."""
        if not self.base_url:
            return live_url
        parts = urlsplit(live_url)
        return self.base_url.rstrip("/") + (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def to_live(self, asked_url: str, near: str) -> str:
        """The live address of one that a mirror gave; `near` is a live address on the host it speaks for."""
        if not self.base_url:
            return asked_url
        asked, base, live = split(asked_url), split(self.base_url), split(near)
        if _origin(asked) != _origin(base):
            return asked_url
        prefix = base.path.rstrip("/")
        path = asked.path.removeprefix(prefix) if f"{asked.path}/".startswith(f"{prefix}/") else asked.path
        return asked._replace(scheme=live.scheme, netloc=live.netloc, path=path or "/").geturl()

    def redirected(self, live_url: str, location: str) -> str:
        """The live address that a Location header given for `live_url` leads to, not yet checked."""
        # http.client reads headers as Latin-1; sites write UTF-8 into Location.
        with suppress(UnicodeError):
            location = location.encode("latin-1").decode("utf-8")
        try:
            target = urljoin(self.to_ask(live_url), location)
        except ValueError as error:
            raise FetchError(
                live_url, f"a redirect to {plain(location)!r} ({error})", "a web address"
            ) from None
        return self.to_live(target, live_url)


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or DEFAULT_PORTS.get(parts.scheme)
