"""The tables of docs/configure.md: every variable of the host and every key of a repository's file, from the models."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any, Literal, Union, get_args, get_origin

import yaml
from annotated_types import Ge, Gt, Le, MaxLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from otto_bot.core.config import Config
from otto_bot.settings import FILE_VARIANTS, MayBeOff, Settings
from otto_bot.text.setting_words import MADE_AT_START, OF_FILES, WORDS
from scripts.docs_pages.marks import cell, table


def host() -> str:
    """Every environment variable. Raises ValueError where nobody wrote what one of them means, or one is gone."""
    fields = Settings.model_fields
    if wrong := sorted(set(fields) ^ set(WORDS)):
        raise ValueError(f"otto_bot/text/setting_words.py and the host's settings differ: {', '.join(wrong)}")
    rows = []
    for name in WORDS:  # in the order in which they are told
        field = fields[name]
        rows.append((f"`OTTO_{name.upper()}`", _default(name, field), allowed(field), cell(WORDS[name])))
        if name in FILE_VARIANTS:
            rows.append((f"`OTTO_{name.upper()}_FILE`", "", "", OF_FILES[name]))
    return table(("variable", "default", "allowed", "meaning"), rows)


def _default(name: str, field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if name in MADE_AT_START:
        return MADE_AT_START[name]
    return f"`{field.default}`"


def repository() -> str:
    """Every key of `.github/otto.yml`. Raises ValueError where one has no words below it."""
    return table(("key", "default", "allowed", "meaning"), _keys(Config(), ""))


def keys() -> tuple[str, ...]:
    """Every dotted key, sections among them."""
    rows = [row[0].strip("`") for row in _keys(Config(), "")]
    return tuple(dict.fromkeys(name for key in rows for name in (key, key.rpartition(".")[0]) if name))


def _keys(model: BaseModel, place: str) -> Iterator[tuple[str, ...]]:
    for name, field in type(model).model_fields.items():
        key, value = f"{place}{name}", getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _keys(value, f"{key}.")
            continue
        if not field.description:
            raise ValueError(f"core/config.py does not say below `{key}` what it means")
        yield f"`{key}`", f"`{written(model.model_dump(mode='json')[name])}`", allowed(field), cell(field.description)
        if isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
            yield from _keys(value[0], f"{key}[].")


def written(value: object) -> str:
    """A value as people write it in YAML, on one line."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = yaml.safe_dump(value, default_flow_style=True, width=10**6, sort_keys=False)
    return text.removesuffix("\n").removesuffix("...").strip()


def allowed(field: FieldInfo) -> str:
    """What values are taken, in a few words; empty where the kind of the value says it all."""
    kind, more = _plain(field.annotation)
    metadata = [*field.metadata, *more]
    if get_origin(kind) is Literal:
        return ", ".join(f"`{one}`" for one in get_args(kind))
    if kind is bool:
        return "`true`, `false`"
    said = _bounds(metadata, "characters" if kind is str else "entries")
    return f"{said}, or `off`" if MayBeOff in metadata else said


def _plain(kind: Any) -> tuple[Any, list[object]]:
    """A type without `Annotated` and without `| None`, and what was said of it there."""
    found: list[object] = []
    while True:
        if hasattr(kind, "__metadata__"):
            found += kind.__metadata__
            kind = get_args(kind)[0]
        elif get_origin(kind) in (Union, types.UnionType):
            kind = next(one for one in get_args(kind) if one is not type(None))
        else:
            break
    return kind, [one for item in found for one in (item.metadata if isinstance(item, FieldInfo) else [item])]


def _bounds(metadata: list[object], unit: str) -> str:
    low = next((_number(one.ge) for one in metadata if isinstance(one, Ge)), "")
    above = next((f"above {_number(one.gt)}" for one in metadata if isinstance(one, Gt)), "")
    high = next((_number(one.le) for one in metadata if isinstance(one, Le)), "")
    if low and high:
        return f"{low} to {high}"
    said = [above, low and f"{low} or more", high and f"at most {high}"]
    said += [f"at most {one.max_length} {unit}" for one in metadata if isinstance(one, MaxLen)]
    return ", ".join(one for one in said if one)


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
