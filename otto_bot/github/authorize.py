"""Where a browser is sent to log in. It loads no client: whoever only asks for the way costs nothing."""

from __future__ import annotations

from urllib.parse import urlencode


def authorize_url(web_url: str, client_id: str, *, redirect_uri: str, state: str, challenge: str) -> str:
    """GitHub's page for it; the App's permissions decide what the token may do, so that no scope is asked for."""
    query = {
        "client_id": client_id, "redirect_uri": redirect_uri, "state": state, "code_challenge": challenge,
        "code_challenge_method": "S256",
    }  # fmt: skip
    return f"{web_url.rstrip('/')}/login/oauth/authorize?{urlencode(query)}"
