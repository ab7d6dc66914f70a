"""Small frozen values that every other module of the heart is built from."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Annotated, Any, Self, TypeVar

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
    # What `once` keeps. A slot is no field: it is neither compared, written nor copied.
    __slots__ = ("__kept__",)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with some fields replaced, as pydantic makes it. A value never changes, so what can be shared is."""
        if deep:
            return super().model_copy(update=update, deep=True)
        fresh = _new(type(self))
        told = self.__pydantic_fields_set__
        if update:
            _set_dict(fresh, {**self.__dict__, **update})
            told = told if told.issuperset(update) else told | update.keys()
        else:
            _set_dict(fresh, self.__dict__.copy())
        _set_told(fresh, told)
        _set_extra(fresh, None)
        _set_private(fresh, None)
        return fresh


_new, _set = object.__new__, object.__setattr__
# Most of what `reduce` does is copying: these are what `object.__setattr__` would look for each time.
_set_dict = BaseModel.__dict__["__dict__"].__set__
_set_told = BaseModel.__dict__["__pydantic_fields_set__"].__set__
_set_extra = BaseModel.__dict__["__pydantic_extra__"].__set__
_set_private = BaseModel.__dict__["__pydantic_private__"].__set__


def kept(value: Frozen) -> dict[str, Any]:
    """What was found out about a value and is kept with it: it can be found out again at any time."""
    try:
        found: dict[str, Any] = value.__kept__  # type: ignore[attr-defined]
    except AttributeError:
        found = {}
        _set(value, "__kept__", found)
    return found


def keep(value: Frozen, found: dict[str, Any]) -> None:
    """Let this be what is kept with a value."""
    _set(value, "__kept__", found)


Value = TypeVar("Value", bound=Frozen)
Answer = TypeVar("Answer")


def once(ask: Callable[[Value], Answer]) -> Callable[[Value], Answer]:
    """A question to a value alone, answered once: the value never changes, so neither does the answer."""
    name = ask.__qualname__

    @wraps(ask)
    def asked(value: Value) -> Answer:
        known = kept(value)
        if name not in known:
            known[name] = ask(value)
        answer: Answer = known[name]
        return answer

    return asked


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
        return self.model_copy(
            update={
                "input_tokens": self.input_tokens + other.input_tokens,
                "output_tokens": self.output_tokens + other.output_tokens,
                "cache_read_tokens": self.cache_read_tokens + other.cache_read_tokens,
                "cache_write_tokens": self.cache_write_tokens + other.cache_write_tokens,
                "usd": self.usd + other.usd,
            }
        )
