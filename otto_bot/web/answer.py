"""A page as it is answered, and the headers that every page carries."""

from __future__ import annotations

from typing import NamedTuple

from fastapi import Response

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
GUARDS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: with it browsers send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Page(NamedTuple):
    """Status and HTML."""

    status: int
    html: str

    def response(self) -> Response:
        """With every header. A page is never kept: it is old in the next second."""
        headers = {**GUARDS, "Cache-Control": "no-store"}
        return Response(self.html, status_code=self.status, media_type="text/html; charset=utf-8", headers=headers)
