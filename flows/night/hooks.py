"""Telling somebody: a local command, a mail or a signed web call when a film is ready or rejected.

Off unless the environment names a target: REELSCORE_ON_READY (a film is ready or needs a look),
REELSCORE_ON_REJECTED (rejected or quarantined), REELSCORE_ON_DIGEST.  A target is
    cmd:/usr/local/bin/tell --flag     the command, with the JSON on its standard input
    mailto:ana@example.org             a mail by the server REELSCORE_SMTP (host:port, 127.0.0.1:25); with
                                       REELSCORE_SMTP_USER and _PASSWORD it signs in, by STARTTLS only
    https://example.org/hook           a POST; X-Reelscore-Signature is sha256=HMAC of "TIMESTAMP.BODY" with
                                       REELSCORE_HOOK_SECRET, which must be set; X-Reelscore-Timestamp
                                       lets a receiver refuse what is old; no redirect is followed
A hook that fails is logged, and nothing else: no job ever fails by it.
"""

import hashlib
import hmac
import json
import logging
import os
import shlex
import smtplib
import ssl
import tempfile
import time
import urllib.request
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from typing import Any, Literal

from vision.process import run_tool

log = logging.getLogger(__name__)
Event = Literal["ready", "rejected", "digest"]
LIMIT_S = 30.0
SIGNATURE, TIMESTAMP = "X-Reelscore-Signature", "X-Reelscore-Timestamp"


def tell(event: Event, facts: Mapping[str, Any]) -> bool:
    """Tell the event's target, if there is one; whether it was told."""
    target = os.environ.get(f"REELSCORE_ON_{event.upper()}", "").strip()
    if not target:
        return False
    try:
        _send(target, event, json.dumps({"event": event, **facts}, ensure_ascii=True))
    except Exception as error:  # the boundary: whatever a foreign command or server does, the job is done
        log.warning("the hook for %s failed: %s", event, error)
        return False
    return True


def _send(target: str, event: Event, body: str) -> None:
    if target.startswith("cmd:"):
        _run(shlex.split(target.removeprefix("cmd:")), body.encode())
    elif target.startswith("mailto:"):
        _mail(target.removeprefix("mailto:"), event, body)
    elif target.startswith(("https://", "http://")):
        _post(target, body.encode())
    else:
        raise ValueError("a target starts with cmd:, mailto: or https://")


def _run(command: Sequence[str], body: bytes) -> None:
    with tempfile.TemporaryFile() as message:
        message.write(body)
        message.seek(0)
        run_tool(command, timeout_s=LIMIT_S, stdin=message)


def _mail(to: str, event: Event, body: str) -> None:
    message = EmailMessage()
    message["Subject"] = f"Reelscore: {event}"
    message["From"] = os.environ.get("REELSCORE_MAIL_FROM", "reelscore@localhost")
    message["To"] = to
    message.set_content(json.dumps(json.loads(body), indent=1))
    host, _, port = os.environ.get("REELSCORE_SMTP", "127.0.0.1:25").partition(":")
    user = os.environ.get("REELSCORE_SMTP_USER")
    with smtplib.SMTP(host, int(port or 25), timeout=LIMIT_S) as server:
        if user:
            server.starttls(context=ssl.create_default_context())
            server.login(user, os.environ.get("REELSCORE_SMTP_PASSWORD", ""))
        server.send_message(message)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """What was signed for one place is not carried to another."""

    def redirect_request(self, *arguments: Any, **more: Any) -> None:
        return None


def _post(address: str, body: bytes) -> None:
    secret = os.environ.get("REELSCORE_HOOK_SECRET", "")
    if not secret:
        raise ValueError("REELSCORE_HOOK_SECRET is not set, and nothing is sent unsigned")
    stamp = str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        TIMESTAMP: stamp,
        SIGNATURE: signature(secret, stamp, body),
    }
    request = urllib.request.Request(address, data=body, headers=headers, method="POST")
    with urllib.request.build_opener(_NoRedirect).open(request, timeout=LIMIT_S):
        return


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What the header holds: compare it with hmac.compare_digest."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
