"""Beginning a run on a page, as the person who asks for it: their issue, their label, their word; the same gate."""

from __future__ import annotations

import asyncio
import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal, cast

from fastapi import Request, Response

from otto_bot.core.values import Repo
from otto_bot.github.errors import Forbidden, GitHubError, NotFound, Refused, Unauthorized
from otto_bot.github.person_deeds import PersonDeeds
from otto_bot.github.tokens import Token
from otto_bot.intake.beginning import Begun, NotAnIssue, Wish
from otto_bot.store.database import StoreUnavailable
from otto_bot.text import new_run as text
from otto_bot.text.page_words import NOT_A_FORM
from otto_bot.text.spoken import line
from otto_bot.web.actions import Actions, go_on
from otto_bot.web.answer import Page
from otto_bot.web.beginning_facts import Facts
from otto_bot.web.forms import Fields
from otto_bot.web.viewer import Asked, Viewer
from otto_bot.web.views.new_run import NewPage, SentPage, forms_of, place
from otto_bot.web.views.parts import Link, run_url

if TYPE_CHECKING:
    from otto_bot.github.person_verbs import PersonRepository

LARGEST = 262_144
LONGEST_TITLE = 256
LOGIN = "/login?next=%2Fnew"
_ONCE = re.compile(r"[0-9a-f]{32}", re.ASCII)


class NewRun:
    """One request to begin a run, or to see how that is done."""

    def __init__(self, actions: Actions, request: Request) -> None:
        self._actions, self._request, self._entrance = actions, request, actions.pages.entrance
        self._facts = Facts(actions)

    async def form(self) -> Response:
        """The page: choose a repository, then say what for."""
        viewer = await self._entrance.viewer(self._request)
        if isinstance(viewer, Page):
            return viewer.response()
        asked = Asked(viewer, dict(self._request.query_params))
        return await self._form(asked, asked.query.get("repo", ""))

    async def send(self) -> Response:
        """The form was sent."""
        got = await self._actions.fields(self._request, LARGEST)
        if isinstance(got, Response):
            return got
        fields, asked = got
        chosen = next((one for one in await self._writable() if str(one.id) == fields.one("repo", 20)), None)
        wish = _wish(fields)
        if chosen is None or asked.viewer.person is None:
            return await self._actions.made(asked, lambda site, who: site.advice(who, 403, text.NOT_THERE))
        if wish is None:
            return await self._actions.made(asked, lambda site, who: site.advice(who, 400, NOT_A_FORM))
        if problem := _wrong(wish):
            return await self._form(asked, str(chosen.id), wish, problem, 400)
        return await self._carried_out(asked, chosen, wish)

    async def sent(self) -> Response:
        """What was sent, and the run as soon as there is one."""
        viewer = await self._entrance.viewer(self._request)
        if isinstance(viewer, Page):
            return viewer.response()
        query = self._request.query_params
        repo_id, number, after = (_number(query.get(name, "")) for name in ("repo", "number", "after"))
        kind = query.get("kind", "")
        name = next(
            (one.full_name for one in await self._entrance.repositories(self._request) if one.id == repo_id), ""
        )
        if not number or kind not in text.KINDS or not name or not viewer.sees(repo_id):
            asked = Asked(viewer, {})
            return await self._actions.made(asked, lambda site, who: site.lost(who))
        run_id = await self._actions.pages.beside(lambda: self._facts.run_of(repo_id, number))
        if run_id is not None and run_id > after:
            return go_on(run_url(run_id))
        workers = await self._actions.pages.beside(self._facts.workers)
        label = line(query.get("label", "otto"), 60)
        page = SentPage(
            said=text.sent_words(kind, number, label),
            follows=text.follows(kind, workers),
            issue=Link(f"#{number}", f"{self._actions.pages.where.web_url}/{name}/issues/{number}"),
            run=Link(f"run {run_id}", run_url(run_id)) if run_id is not None else Link(""),
            waits=kind != "improve",
        )
        return await self._actions.made(
            Asked(viewer, {}), lambda site, who: site.page(who, "sent.html", page=page, n=text.NEW)
        )

    async def _writable(self) -> list[PersonRepository]:
        found = await self._entrance.repositories(self._request)
        return [one for one in found if one.can_write and not one.archived]

    async def _form(
        self, asked: Asked, repo: str, typed: Wish | None = None, problem: str = "", status: int = 200
    ) -> Response:
        places = await self._writable() if asked.viewer.person is not None else []
        chosen = next((one for one in places if str(one.id) == repo), places[0] if len(places) == 1 else None)
        will, notes = ("", ()) if chosen is None else await self._facts.will_run(repo_of(chosen))
        page = NewPage(
            places=tuple(place(one.id, one.full_name) for one in places),
            chosen=None if chosen is None else place(chosen.id, chosen.full_name),
            will=will,
            notes=notes,
            forms=forms_of(secrets.token_hex(16), typed),
            problem=problem,
            nobody=_nobody(asked.viewer, places),
            login=LOGIN if asked.viewer.login == "possible" else "",
        )
        return await self._actions.made(
            asked, lambda site, who: site.page(who, "new.html", status, page=page, n=text.NEW)
        )

    async def _carried_out(self, asked: Asked, chosen: PersonRepository, wish: Wish) -> Response:
        """On GitHub, in the person's name; what went wrong is said on the page, with what was typed."""
        repo, person = repo_of(chosen), asked.viewer.person
        assert person is not None
        try:
            token = await self._entrance.user_token(self._request)
            if token is None:
                return await self._actions.made(asked, lambda site, who: site.advice(who, 401, text.ENDED))
            ends = datetime.now(UTC) + timedelta(minutes=5)
            session = (await self._entrance.door.opened()).person(Token(token, ends)).session
            label = await self._facts.label(repo)
            after = await asyncio.to_thread(self._facts.run_of, repo.id, wish.number) if wish.number else None
            deeds = PersonDeeds(session, chosen.owner, chosen.name)
            begun = await self._actions.way.beginnings.begin(deeds, person, label, wish)
        except (GitHubError, NotAnIssue, StoreUnavailable) as error:
            status, problem = _went_wrong(error, wish, chosen.full_name)
            return await self._form(asked, str(chosen.id), wish, problem, status)
        return go_on(_where(repo, begun, wish, label, after))


def _where(repo: Repo, begun: Begun, wish: Wish, label: str, after: int | None) -> str:
    from urllib.parse import urlencode

    asked = {"repo": repo.id, "number": begun.number, "kind": wish.kind, "label": label, "after": after or 0}
    return f"/new/sent?{urlencode(asked)}"


def _went_wrong(error: Exception, wish: Wish, repo: str) -> tuple[int, str]:
    """Status, and what to do."""
    if isinstance(error, NotAnIssue):
        return 409, text.NOT_AN_ISSUE.format(number=wish.number)
    if isinstance(error, NotFound):
        return 404, text.NOT_FOUND.format(number=wish.number, repo=line(repo, 140))
    if isinstance(error, Forbidden | Refused):
        return 403, text.FORBIDDEN.format(why=line(error.message, 300))
    if isinstance(error, Unauthorized):
        return 401, text.ENDED[1]
    return 503, text.UNSURE.format(why=line(str(error), 300))


def _wish(fields: Fields) -> Wish | None:
    kind, once, number = fields.one("kind", 20), fields.one("once", 40), fields.one("number", 12).strip().lstrip("#")
    if kind not in text.KINDS or not _ONCE.fullmatch(once):
        return None
    return Wish(
        kind=cast('Literal["build", "improve", "certify"]', kind),
        once=once,
        title=" ".join(fields.text("title").split()),
        words=fields.text("words"),
        number=_number(number),
    )


def _wrong(wish: Wish) -> str:
    """What is missing in a wish, in words."""
    if wish.kind != "build":
        return "" if wish.number else text.NO_NUMBER
    if not wish.title:
        return text.NO_TITLE
    return text.LONG_TITLE if len(wish.title) > LONGEST_TITLE else ""


def _nobody(viewer: Viewer, places: list[PersonRepository]) -> str:
    if viewer.login == "none":
        return text.NO_LOGIN
    if viewer.person is None:
        return text.ONLY_IN
    return "" if places else text.NOWHERE


def repo_of(one: PersonRepository) -> Repo:
    """A repository that GitHub named, as runs know it."""
    return Repo(
        id=one.id, installation_id=one.installation_id, owner=one.owner, name=one.name,
        default_branch=one.default_branch,
    )  # fmt: skip


def _number(said: str) -> int:
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0
