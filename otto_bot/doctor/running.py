"""Runs checks side by side, each within its deadline; what cannot be looked at is said, and never counted as well."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeVar

from otto_bot.core.finding import Finding
from otto_bot.core.redact import Redactor
from otto_bot.github.errors import GitHubError
from otto_bot.store.database import StoreUnavailable
from otto_bot.text.doctor import cannot
from otto_bot.text.doctor_host import NO_STORE, OUR_FAULT, TOO_SLOW, TRY_AGAIN

log = logging.getLogger(__name__)

SECONDS = 30.0
"""That one check may take. Reads of GitHub are repeated within them."""
T = TypeVar("T")
Check = Callable[[T], Awaitable[Iterable[Finding]]]
"""Takes what is examined. Raises Cannot, GitHubError or StoreUnavailable where it cannot be looked at."""


class Cannot(Exception):
    """A check cannot be made: why, and what to do."""

    def __init__(self, why: tuple[str, str]) -> None:
        self.why = why
        super().__init__(why[0])


class Shared:
    """What several checks ask is asked once; a check that ends early does not take it from the others."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[Any]] = {}

    async def once(self, name: str, make: Callable[[], Awaitable[T]]) -> T:
        """The answer of the first call of this name, or its error."""
        if name not in self._tasks:

            async def asked() -> T:
                return await make()

            self._tasks[name] = asyncio.create_task(asked())
        found: T = await asyncio.shield(self._tasks[name])
        return found

    async def aclose(self) -> None:
        """Nothing is asked any more."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)


async def examined(
    checks: Mapping[str, Check[T]], subject: T, redactor: Redactor, seconds: float = SECONDS
) -> list[Finding]:
    """What every check found, in the order of the checks, without secrets."""
    found = await asyncio.gather(*(_one(name, check, subject, seconds) for name, check in checks.items()))
    return [_clean(one, redactor) for each in found for one in each]


async def _one(name: str, check: Check[T], subject: T, seconds: float) -> list[Finding]:
    try:
        async with asyncio.timeout(seconds):
            return list(await check(subject))
    except TimeoutError:
        return [cannot(name, TOO_SLOW.format(seconds=seconds), TRY_AGAIN)]
    except Cannot as error:
        return [cannot(name, error.why)]
    except StoreUnavailable:
        return [cannot(name, NO_STORE)]
    except GitHubError as error:
        return [cannot(name, f"GitHub: {error}", TRY_AGAIN)]
    except Exception as error:
        log.exception("the check %s failed", name)
        return [cannot(name, OUR_FAULT.format(kind=type(error).__name__))]


def _clean(one: Finding, redactor: Redactor) -> Finding:
    return one.model_copy(update={"words": redactor.text(one.words), "advice": redactor.text(one.advice)})
