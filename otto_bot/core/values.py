"""Small frozen values that every other module of the heart is built from."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Usd = Annotated[float, Field(ge=0)]
"""US dollars."""


_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
_HALF = re.compile("[\ud800-\udfff]")


def writable(text: str) -> str:
    """Text that every database and encoding can hold: NUL and halves of surrogate pairs become U+FFFD."""
    return _UNWRITABLE.sub("\ufffd", text)


def encodable(value: Any) -> Any:
    """Plain JSON that UTF-8 can hold: halves of surrogate pairs, in keys too, become U+FFFD; the rest stays as it is.

    Raises what `json.dumps` raises, RecursionError included.
    """
    text = json.dumps(value, ensure_ascii=False)
    return json.loads(_HALF.sub("\ufffd", text)) if _HALF.search(text) else value


def stored_json(value: BaseModel) -> str:
    """A value as it is stored; where UTF-8 cannot hold a text of it, that text is mended as `writable` does."""
    try:
        return value.model_dump_json(by_alias=True)
    except ValueError:  # pydantic's word for it
        return json.dumps(encodable(value.model_dump(mode="json", by_alias=True)), separators=(",", ":"))


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
