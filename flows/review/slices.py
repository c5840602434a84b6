"""Files to a browser, whole or one range of them (RFC 9110, section 14)."""

import os
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

CHUNK_BYTES = 256 * 1024
# "bytes=" and two numbers of 19 digits each: more is no range that a file here could have.
LONGEST_RANGE = 64
RANGE = re.compile(r"bytes=(\d{0,19})-(\d{0,19})$", re.ASCII)

TYPES = {
    ".mp4": "video/mp4", ".m4a": "audio/mp4", ".jpg": "image/jpeg", ".png": "image/png", ".css": "text/css",
    ".js": "text/javascript", ".json": "application/json", ".svg": "image/svg+xml", ".html": "text/html",
    ".mid": "audio/midi", ".wav": "audio/wav", ".flac": "audio/flac", ".csv": "text/csv",
}  # fmt: skip


class BadRange(Exception):
    """No range that we serve. code: 400 for what can't be read, 416 for what the file hasn't."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Span:
    """Bytes [first, end) of a file."""

    first: int
    end: int


def parse_range(header: str, size: int) -> Span:
    """The one range a header asks for, cut at the file's end; raises BadRange.

    Several ranges, other units and anything long are refused unread: 400. Time is bounded by LONGEST_RANGE.
    """
    found = RANGE.match(header) if len(header) <= LONGEST_RANGE else None
    if found is None or not (found[1] or found[2]):
        raise BadRange(400)
    if not found[1]:
        length = int(found[2])
        if length == 0 or size == 0:
            raise BadRange(416)
        return Span(max(size - length, 0), size)
    first = int(found[1])
    last = int(found[2]) if found[2] else size - 1
    if found[2] and last < first:
        raise BadRange(400)
    if first >= size:
        raise BadRange(416)
    return Span(first, min(last, size - 1) + 1)


def serve_file(request: Request, path: Path, download: str | None = None) -> Response:
    """`path` as the request's Range and If-None-Match want it; 404 where there is no such file.

    download: the name to save it under; None shows it in place.
    """
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return Response(status_code=404)
    stat = os.fstat(file)
    tag = f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'
    headers = {
        "accept-ranges": "bytes",
        "etag": tag,
        "last-modified": formatdate(stat.st_mtime, usegmt=True),
        "cache-control": "private, no-cache",
        "content-type": TYPES.get(path.suffix.lower(), "application/octet-stream"),
    }
    if download is not None:
        headers["content-disposition"] = f'attachment; filename="{download}"'
    if request.headers.get("if-none-match") == tag:
        os.close(file)
        return Response(status_code=304, headers=headers)
    asked = request.headers.get("range")
    if asked is not None and request.headers.get("if-range", tag) != tag:
        asked = None
    try:
        span = parse_range(asked, stat.st_size) if asked is not None else Span(0, stat.st_size)
    except BadRange as bad:
        os.close(file)
        return Response(status_code=bad.code, headers={"content-range": f"bytes */{stat.st_size}"})
    headers["content-length"] = str(span.end - span.first)
    if asked is not None:
        headers["content-range"] = f"bytes {span.first}-{span.end - 1}/{stat.st_size}"
    if request.method == "HEAD":
        os.close(file)
        return Response(status_code=206 if asked is not None else 200, headers=headers)
    return StreamingResponse(_chunks(file, span), 206 if asked is not None else 200, headers)


async def _chunks(file: int, span: Span) -> AsyncIterator[bytes]:
    """Pieces of at most CHUNK_BYTES: one viewer holds one piece in memory, whatever the film's size."""
    try:
        at = span.first
        while at < span.end:
            data = await anyio.to_thread.run_sync(os.pread, file, min(CHUNK_BYTES, span.end - at), at)
            if not data:
                return
            at += len(data)
            yield data
    finally:
        os.close(file)
