"""What programs do by the API, in the name of whoever's token they send: the way of the pages, and their refusals."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NoReturn

from fastapi import Request

from otto_bot.core.commands import BadCommand, Command, parse_line
from otto_bot.core.on_screen import RESTS_ON
from otto_bot.core.run import Run
from otto_bot.core.values import Person
from otto_bot.github.errors import Forbidden, GitHubError, NotFound, Unauthorized
from otto_bot.github.errors import Refused as NotTaken
from otto_bot.github.person_deeds import PersonDeeds
from otto_bot.github.person_verbs import PersonRepository
from otto_bot.github.tokens import Token
from otto_bot.intake.beginning import Begun, NotAnIssue, Wish
from otto_bot.intake.page_words import Edited, Heard, Moved, NotNow, Outcome, Unsure, Word
from otto_bot.intake.page_words import Refused as MayNot
from otto_bot.intake.permission import Actor
from otto_bot.text import api as text
from otto_bot.text import new_run, page_words
from otto_bot.text.links import Links
from otto_bot.text.spoken import capital, line, spoken
from otto_bot.web.actions import Actions
from otto_bot.web.api.base import Refused
from otto_bot.web.api.deed_models import CommandHeard, CommandSent, RunAsked, RunSent
from otto_bot.web.bearer import BadToken, CannotTell
from otto_bot.web.beginning_facts import Facts
from otto_bot.web.new_run import repo_of
from otto_bot.web.sessions import Ticket
from otto_bot.web.views.parts import run_url


class Deeds:
    """Carries out what programs ask for. Whatever does not count is Refused, with what to do."""

    def __init__(self, actions: Actions) -> None:
        self._actions, self._entrance = actions, actions.pages.entrance

    async def command(self, request: Request, run: Run, sent: CommandSent) -> CommandHeard:
        """A word for a run."""
        ticket = await self._program(request)
        command = _understood(sent.command)
        by = Actor(person=_person(ticket))
        word = Word(run=run.id, command=command, by=by, once=sent.once, shown=sent.shown)
        outcome = await self._actions.way.words.say(word)
        if not isinstance(outcome, Heard):
            _refuse(outcome, self._links(run))
        return CommandHeard(
            run=run.id, heard=True, again=outcome.again, words=page_words.stands(outcome.run), page=run_url(run.id)
        )

    async def begin(self, request: Request, sent: RunSent) -> RunAsked:
        """A run that is asked for: done on GitHub by the person themselves."""
        ticket = await self._program(request)
        wish = Wish(kind=sent.kind, once=sent.once, title=" ".join(sent.title.split()), words=sent.text.strip(),
                    number=sent.number)  # fmt: skip
        missing = "title" if sent.kind == "build" else "number"
        if not getattr(wish, missing):
            why = (new_run.NO_TITLE if missing == "title" else new_run.NO_NUMBER).rstrip(".")
            raise Refused(422, "wrong_parameter", text.WRONG_PARAMETER, name=missing, why=why)
        try:
            chosen = await self._chosen(ticket, sent.repository)
            begun, label = await self._begun(ticket, chosen, wish)
        except (GitHubError, NotAnIssue) as error:
            _not_begun(error)
        web = self._actions.pages.where.web_url
        kind = "pull" if sent.kind == "improve" else "issues"
        return RunAsked(
            repository=chosen.full_name,
            number=begun.number,
            url=f"{web}/{chosen.full_name}/{kind}/{begun.number}",
            again=begun.again,
            words=new_run.sent_words(sent.kind, begun.number, line(label, 60)),
        )

    async def _program(self, request: Request) -> Ticket:
        try:
            ticket = await self._entrance.program(request)
        except BadToken:
            raise Refused(401, "nobody", text.NOBODY) from None
        except CannotTell:
            raise Refused(503, "no_github", text.NO_GITHUB) from None
        if ticket is None:
            raise Refused(403, "send_token", text.SEND_TOKEN)
        return ticket

    async def _chosen(self, ticket: Ticket, name: str) -> PersonRepository:
        found = await self._entrance.door.repositories(ticket)
        chosen = next((one for one in found if one.full_name.lower() == name.strip().lower()), None)
        if chosen is None:
            raise Refused(404, "no_repository", text.NO_REPOSITORY)
        if not chosen.can_write or chosen.archived:
            raise Refused(403, "may_not", text.MAY_NOT, why=f"{line(chosen.full_name, 140)} takes no writes of yours")
        return chosen

    async def _begun(self, ticket: Ticket, chosen: PersonRepository, wish: Wish) -> tuple[Begun, str]:
        ends: datetime = ticket.at + timedelta(minutes=5)
        session = (await self._entrance.door.opened()).person(Token(ticket.token, ends)).session
        label = await Facts(self._actions).label(repo_of(chosen))
        deeds = PersonDeeds(session, chosen.owner, chosen.name)
        return await self._actions.way.beginnings.begin(deeds, _person(ticket), label, wish), label

    def _links(self, run: Run) -> Links:
        where = self._actions.pages.where
        return Links(where.web_url, run.repo.owner, run.repo.name, where.docs_url, run.moved_from)


def _person(ticket: Ticket) -> Person:
    return Person(id=ticket.user, login=ticket.login)


def _understood(said: str) -> Command:
    """The command of a line, with or without `/otto` before it, and its guidance on later lines."""
    first, _, rest = said.strip().partition("\n")
    words = first.removeprefix("/otto").strip()
    command = parse_line(f"/otto {words}", rest)
    if isinstance(command, Command) and command.verb in RESTS_ON:
        return command
    problem = command.problem if isinstance(command, BadCommand) else text.NOT_HERE_SAID
    why = capital(spoken(problem)).rstrip(".")
    raise Refused(422, "wrong_parameter", text.WRONG_PARAMETER, name="command", why=why)


def _refuse(outcome: Outcome, links: Links) -> NoReturn:
    match outcome:
        case MayNot(why):
            raise Refused(403, "may_not", text.MAY_NOT, why=why)
        case Moved(run):
            raise Refused(409, "moved", text.MOVED, stands=page_words.stands(run))
        case NotNow(run, no):
            why = page_words.no_words(run, no, links).rstrip(".")
            raise Refused(409, "not_now", text.NOT_NOW, why=why)
        case Edited(_, by):
            raise Refused(409, "issue_changed", text.ISSUE_CHANGED, why=page_words.edited_words(by))
        case Unsure(why):
            raise Refused(503, "unsure", text.UNSURE, why=capital(why))
        case _:
            raise AssertionError(outcome)


def _not_begun(error: Exception) -> NoReturn:
    if isinstance(error, NotAnIssue | NotFound):
        raise Refused(404, "no_issue", text.NO_ISSUE)
    if isinstance(error, Unauthorized):
        raise Refused(401, "nobody", text.NOBODY)
    if isinstance(error, Forbidden | NotTaken):
        raise Refused(403, "may_not", text.MAY_NOT, why=line(error.message, 300).rstrip("."))
    raise Refused(503, "unsure", text.UNSURE, why=line(str(error), 300).rstrip("."))
