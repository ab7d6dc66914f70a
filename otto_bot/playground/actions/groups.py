"""Who is in which concurrency group: runs and jobs share the names. Decides by `concurrency`, and carries it out."""

from collections.abc import Callable
from dataclasses import dataclass

from otto_bot.playground.actions.concurrency import Group, Member, admit, next_pending


@dataclass(eq=False, slots=True)
class Ticket:
    """A run or a job in a group. `start` is called when it waited and its turn comes, `cancel` when it has to go."""

    group: Group
    start: Callable[[], None]
    cancel: Callable[[str], None]
    running: bool = False


class Groups:
    """The groups of one repository."""

    def __init__(self) -> None:
        self._tickets: dict[str, list[Ticket]] = {}

    def enter(self, ticket: Ticket) -> bool:
        """Whether it may start at once. Otherwise it waits, and `start` or `cancel` is called later."""
        inside = self._tickets.setdefault(ticket.group.key, [])
        members = _members(inside)
        admission = admit(members, cancel_in_progress=ticket.group.cancel_in_progress, queue_max=ticket.group.queue_max)
        reason = f"Canceling since a higher priority waiting request for '{ticket.group.name}' exists"
        going = [inside[number] for number in admission.cancelled]
        for old in going:
            if not old.running:
                inside.remove(old)
        ticket.running = admission.starts
        inside.append(ticket)
        for old in going:
            old.cancel(reason)
        return admission.starts

    def leave(self, ticket: Ticket) -> None:
        """It has ended, or does not wait any more; the next one starts. Leaving twice is once."""
        inside = self._tickets.get(ticket.group.key, [])
        if ticket not in inside:
            return
        inside.remove(ticket)
        following = next_pending(_members(inside))
        if following is not None:
            waiting = inside[following]
            waiting.running = True
            waiting.start()


def _members(tickets: list[Ticket]) -> list[Member]:
    return [Member(number, "running" if one.running else "pending") for number, one in enumerate(tickets)]
