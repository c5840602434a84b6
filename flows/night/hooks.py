"""Telling somebody: a local command, a mail or a signed web call when a film is ready or rejected.

Off unless the environment names a target: REELSCORE_ON_READY (a film is ready or needs a look),
REELSCORE_ON_REJECTED (rejected or quarantined), REELSCORE_ON_DIGEST.  A target is
    cmd:/usr/local/bin/tell --flag     the command, with the JSON on its standard input
    mailto:ana@example.org             a mail by the server REELSCORE_SMTP (host:port, 127.0.0.1:25)
    https://example.org/hook           a POST; X-Reelscore-Signature is sha256=HMAC of the body with
                                       REELSCORE_HOOK_SECRET, which must be set
A hook that fails is logged, and nothing else: no job ever fails by it.
"""

import hashlib
import hmac
import json
import logging
import os
import shlex
import smtplib
import subprocess
import urllib.request
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any, Literal

log = logging.getLogger(__name__)
Event = Literal["ready", "rejected", "digest"]
LIMIT_S = 30.0
SIGNATURE = "X-Reelscore-Signature"


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
        command = shlex.split(target.removeprefix("cmd:"))
        subprocess.run(
            command, input=body.encode(), check=True, timeout=LIMIT_S, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
    elif target.startswith("mailto:"):
        _mail(target.removeprefix("mailto:"), event, body)
    elif target.startswith(("https://", "http://")):
        _post(target, body.encode())
    else:
        raise ValueError("a target starts with cmd:, mailto: or https://")


def _mail(to: str, event: Event, body: str) -> None:
    message = EmailMessage()
    message["Subject"] = f"Reelscore: {event}"
    message["From"] = os.environ.get("REELSCORE_MAIL_FROM", "reelscore@localhost")
    message["To"] = to
    message.set_content(json.dumps(json.loads(body), indent=1))
    host, _, port = os.environ.get("REELSCORE_SMTP", "127.0.0.1:25").partition(":")
    with smtplib.SMTP(host, int(port or 25), timeout=LIMIT_S) as server:
        server.send_message(message)


def _post(address: str, body: bytes) -> None:
    secret = os.environ.get("REELSCORE_HOOK_SECRET", "")
    if not secret:
        raise ValueError("REELSCORE_HOOK_SECRET is not set, and nothing is sent unsigned")
    headers = {"Content-Type": "application/json", SIGNATURE: signature(secret, body)}
    request = urllib.request.Request(address, data=body, headers=headers, method="POST")
    with urllib.request.urlopen(request, timeout=LIMIT_S):
        return


def signature(secret: str, body: bytes) -> str:
    """What the header holds: compare it with hmac.compare_digest."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
