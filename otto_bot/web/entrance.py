"""The one door to every page, form and stream: who is it, and may they see pages here at all?"""

from __future__ import annotations

from fastapi import Request

from otto_bot.web.access import may_see, refusal
from otto_bot.web.answer import Page
from otto_bot.web.assets import Assets
from otto_bot.web.viewer import Viewer


class Entrance:
    """Lets in who is at this very machine."""

    def __init__(self, bound: str, assets: Assets) -> None:
        self._bound, self._assets = bound, assets

    async def viewer(self, request: Request) -> Viewer | Page:
        """Who it is; or the page that they get instead of what they asked for."""
        if not may_see(self._bound, request):
            return refusal(self._assets.url("otto.css"))
        return Viewer()

    async def acting(self, request: Request, csrf: str) -> Viewer | Page:
        """Who does something, by a form that carries `csrf`; or the page that they get because they may not."""
        return await self.viewer(request)

    async def user_token(self, request: Request) -> str | None:
        """GitHub's token of whoever is logged in: what they do on GitHub they do themselves."""
        return None
