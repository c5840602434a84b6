"""What holds for every request: who may be asked as, who may post, and what a page may load."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("localhost", "127.0.0.1", "[::1]", "::1")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LONGEST_BODY = 4_000_000  # bytes; an edited spotting of a feature is some hundred kilobytes

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), fullscreen=(self)",
}


class Policy:
    """Middleware: refuses foreign hosts, posts from other sites and huge bodies; adds the page's headers.

    hosts: names under which the page may be asked for; none: any (behind a proxy that checks them).
    A name that an attacker points at this machine (DNS rebinding) is a foreign host.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = LOOPBACK) -> None:
        self.app = app
        self.hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        refusal = self._refusal(scope)
        answer = self.app if refusal is None else PlainTextResponse(refusal[1], refusal[0])

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await answer(scope, _limited(receive), guarded)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if self.hosts and _name(host) not in self.hosts:
            return 421, "This server answers under another name: use the address that it printed.\n"
        if _number(headers.get("content-length")) > LONGEST_BODY:
            return 413, f"At most {LONGEST_BODY} bytes can be sent at once.\n"
        if scope["method"] in SAFE_METHODS:
            return None
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if (origin is not None and urlsplit(origin).netloc.lower() != host.lower()) or (
            site is not None and site not in ("same-origin", "none")
        ):
            return 403, "This came from another site's page: nothing was changed.\n"
        return None


def _name(host: str) -> str:
    """A Host header's name without its port."""
    return (host if host.endswith("]") else host.rpartition(":")[0] or host).lower()


def _limited(receive: Receive) -> Receive:
    """`receive` that gives up on a body longer than LONGEST_BODY, whatever its header promised."""
    got = 0

    async def limited() -> Message:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        if got > LONGEST_BODY:
            return {"type": "http.disconnect"}
        return message

    return limited


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isdecimal() else 0
