"""What stands in the receiver's place where a host asks GitHub by itself: it says so, and reads nothing."""

from __future__ import annotations

import json

from otto_bot.intake.webhook import Receive, Scope, Send

SAID = (
    "this host asks GitHub by itself and receives no webhooks; to receive them, start it without --poll and without "
    "OTTO_POLL, with OTTO_WEBHOOK_SECRET set"
)


async def no_webhook(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Answers a delivery 410, without a look at it: an ASGI application."""
    body = json.dumps({"error": SAID}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 410, "headers": headers})
    await send({"type": "http.response.body", "body": body})
