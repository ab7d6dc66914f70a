"""Programs that send a person's token: who it is and what they may read, as GitHub says; kept for a minute."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from otto_bot.web.reach import Reach
from otto_bot.web.sessions import LASTS, Ticket

if TYPE_CHECKING:
    import httpx

    from otto_bot.web.bearer import Bearer


class Programs:
    """Whose token is in a header. The client comes with the first one."""

    def __init__(self, reach: Reach, now: Callable[[], datetime]) -> None:
        self._reach, self._now = reach, now
        self._http: httpx.AsyncClient | None = None

    async def ticket(self, headers: Sequence[str]) -> Ticket:
        """A session for this one request. Raises BadToken and CannotTell."""
        bearing = await self._bearer.bearing(headers)
        assert bearing is not None, "there is a header"
        now = self._now()
        # Named by the token: what GitHub said about the same one a moment ago is found again.
        name = f"bearer/{hashlib.sha256(bearing.token.encode()).hexdigest()[:24]}"
        return Ticket(a=now, i=name, u=bearing.person.id, l=bearing.person.login, t=bearing.token, e=now + LASTS)

    async def aclose(self) -> None:
        """Close the connections, where there are any."""
        if self._http is not None:
            await self._http.aclose()

    @cached_property
    def _bearer(self) -> Bearer:
        import httpx

        from otto_bot.web.bearer import Bearer, OAuthApp

        self._http = httpx.AsyncClient(trust_env=False)
        app = OAuthApp(self._reach.client_id, self._reach.client_secret.get_secret_value(), self._reach.api_url)
        return Bearer(app, self._http, self._now)
