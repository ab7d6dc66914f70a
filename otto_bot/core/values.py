"""Small frozen values that every other module of the heart is built from."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Usd = Annotated[float, Field(ge=0)]
"""US dollars."""


_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")


def writable(text: str) -> str:
    """Text that every database and encoding can hold: NUL and halves of surrogate pairs become U+FFFD."""
    return _UNWRITABLE.sub("\ufffd", text)


class Frozen(BaseModel):
    """An immutable value; unknown keys are refused so that a typo never passes for a fact."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Repo(Frozen):
    """A repository as Otto knows it: the id is the truth, owner and name are for people."""

    id: int
    installation_id: int
    owner: str
    name: str
    default_branch: str

    @property
    def full_name(self) -> str:
        """`owner/name`."""
        return f"{self.owner}/{self.name}"


class Person(Frozen):
    """Someone on GitHub. The id decides, the login is shown."""

    id: int
    login: str


class Usage(Frozen):
    """What a model call cost."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    usd: Usd = 0.0

    def plus(self, other: Usage) -> Usage:
        """Both together."""
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cache_read_tokens=self.cache_read_tokens + other.cache_read_tokens,
            cache_write_tokens=self.cache_write_tokens + other.cache_write_tokens,
            usd=self.usd + other.usd,
        )
