"""docs/commands.md: every command of the host, from its parser, and every word to Otto, from its grammar."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from functools import cache

from otto_bot import cli
from otto_bot.core.commands import VERBS, BadCommand, Command, parse_line
from otto_bot.playground.demo.options import parser as demo_parser
from otto_bot.text.reply import HELP
from scripts.docs_pages.marks import cell, table

EXAMPLES = {
    "approve": ("/otto approve", "/otto approve r2"),
    "retry": (
        "/otto retry",
        "/otto retry t1 t3",
        "/otto retry t2 -- scale the lifetime, not the age",
        "/otto retry j2",
    ),
    "skip": ("/otto skip t2", "/otto skip t2,t4", "/otto skip j2"),
    "accept": ("/otto accept t2",),
    "replan": ("/otto replan", "/otto replan -- keep the old endpoint"),
    "plan": ("/otto plan",),
    "pause": ("/otto pause",),
    "resume": ("/otto resume",),
    "stop": ("/otto stop",),
    "status": ("/otto status",),
    "explain": ("/otto explain", "/otto explain t2"),
    "budget": ("/otto budget +5", "/otto budget $2.50"),
    "keep": ("/otto keep L3",),
    "forget": ("/otto forget L3",),
    "improve": ("/otto improve",),
    "certify": ("/otto certify",),
    "help": ("/otto help",),
}
"""At least one example of each word; all of them are read by the grammar when the page is made."""
WRONG = (
    "/otto", "/otto aprove", "/otto approve t2", "/otto skip", "/otto retry two", "/otto accept", "/otto explain t1 t2",
    "/otto budget five", "/otto keep", "/otto pause for an hour", "/otto stop -- please",
)  # fmt: skip
"""One line for each thing that can be wrong with one."""
EXITS = {
    "report": "0 done; 1 there is no such run; 2 settings or database cannot be used",
    "learnings": "0 done; 1 it cannot be done, the message says why; 2 wrong usage, settings or database",
    "receive": "0 stored; 1 nothing that Otto acts on, so not stored; 2 the file is no readable JSON, or settings",
}
"""Of commands whose parsers say nothing of it, and that can end otherwise than all others do."""
EXIT = re.compile(r"exit codes?: *", re.IGNORECASE)


@cache
def program() -> argparse.ArgumentParser:
    """The parser of `otto-bot`."""
    return cli._parser()


@cache
def playground() -> argparse.ArgumentParser:
    """The parser of `otto-bot demo`: another program, which knows its options by itself."""
    return demo_parser()


@cache
def parsers() -> dict[str, tuple[argparse.ArgumentParser, str]]:
    """Every command that can be started, without the program's name: its parser, and what it does in one line."""
    found = dict(_below(program(), ""))
    found["demo"] = (playground(), found["demo"][1])
    return found


def _below(parser: argparse.ArgumentParser, name: str) -> Iterator[tuple[str, tuple[argparse.ArgumentParser, str]]]:
    """What can be started below a parser. A group's description is that of each of its commands, if they have none."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            said = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for own, below in action.choices.items():
                if below.description is None and name:
                    below.description = parser.description
                full = f"{name} {own}".strip()
                deeper = dict(_below(below, full))
                yield from deeper.items() if deeper else [(full, (below, said.get(own, "")))]


def host() -> str:
    """A list of the commands, then a section for each."""
    found = parsers()
    rows = [(f"[`otto-bot {name}`](#{anchor(name)})", cell(said)) for name, (_, said) in found.items()]
    sections = [section(name, parser, said) for name, (parser, said) in found.items()]
    return "\n\n".join([table(("command", "what it does"), rows), *sections])


def anchor(name: str) -> str:
    """The anchor of a command's section."""
    return f"otto-bot-{name}".replace(" ", "-")


def section(name: str, parser: argparse.ArgumentParser, said: str) -> str:
    """How it is called, what for, its options, how it ends."""
    words, exits = _description(parser)
    parts = [f"### `otto-bot {name}`", linked(_sentence(words or said)), f"```text\n{usage(name, parser)}\n```"]
    rows = [row for action in parser._actions if (row := _option(action)) is not None]
    if rows:
        parts.append(table(("option", "meaning"), rows))
    if ends := exits or EXITS.get(name, ""):
        parts.append(f"Exit code: {_sentence(ends)}")
    return "\n\n".join(parts)


def _sentence(text: str) -> str:
    text = text.strip().rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."


def linked(text: str) -> str:
    """The names of our pages as links, seen from docs/."""
    return re.sub(r"\bdocs/([\w-]+\.md)\b", r"[\1](\1)", text)


def _description(parser: argparse.ArgumentParser) -> tuple[str, str]:
    """What the parser says of its command, and of exit codes."""
    text = "\n\n".join(part for part in (parser.description, parser.epilog) if part)
    words, *exits = EXIT.split(text, maxsplit=1)
    if not exits:
        return words.strip(), ""
    # What follows on lines of its own (`With --live: 0 …`) belongs to the codes, too.
    return words.strip(), " ".join(exits[0].split())


def usage(name: str, parser: argparse.ArgumentParser) -> str:
    """One line; argparse's own differs between versions of Python."""
    shared = {id(one): group for group in parser._mutually_exclusive_groups for one in group._group_actions}
    parts, told = [], set()
    for action in parser._actions:
        if isinstance(action, argparse._HelpAction):
            continue
        group = shared.get(id(action))
        if group is None:
            parts.append(_called(action))
        elif id(group) not in told:
            told.add(id(group))
            either = " | ".join(_called(one).strip("[]") for one in group._group_actions)
            parts.append(f"({either})" if group.required else f"[{either}]")
    return " ".join([f"otto-bot {name}", *parts])


def _called(action: argparse.Action) -> str:
    value = _value(action)
    if not action.option_strings:
        return {"?": f"[{value}]", "*": f"[{value} …]", "+": f"{value} …"}.get(str(action.nargs), value)
    text = f"{'/'.join(action.option_strings)} {value}".strip()
    return text if action.required else f"[{text}]"


def _value(action: argparse.Action) -> str:
    """What is given to it; empty for a switch."""
    if action.nargs == 0:
        return ""
    if isinstance(action.metavar, tuple):
        return " ".join(action.metavar)
    if action.metavar:
        return action.metavar
    if action.choices is not None:
        return "|".join(map(str, action.choices))
    return action.dest.upper()


def _option(action: argparse.Action) -> tuple[str, str] | None:
    if isinstance(action, argparse._HelpAction) or action.help == argparse.SUPPRESS:
        return None
    called = f"{', '.join(action.option_strings)} {_value(action)}".strip()
    return f"`{called}`", linked(" ".join((action.help or "").replace("%%", "%").split()))


def said() -> str:
    """Every word to Otto: what it is for, how it is written, and how the line is understood.

    Raises ValueError where a word has no example, or an example is not understood.
    """
    if missing := set(VERBS) ^ set(EXAMPLES):
        raise ValueError(f"EXAMPLES and the words of core/commands.py differ: {', '.join(sorted(missing))}")
    words = {line.split()[1]: (line, what) for line, what in HELP}
    rows = []
    for verb in VERBS:
        form, what = words[verb]
        shown = [f"`{line}`{_understood(line)}" for line in EXAMPLES[verb]]
        rows.append((f"`{form}`", cell(what), "<br>".join(shown)))
    return table(("say", "to", "examples, and how they are understood"), rows)


def _understood(line: str) -> str:
    found = parse_line(line)
    if not isinstance(found, Command):
        raise ValueError(f"the example {line!r} is not understood: {found}")  # noqa: TRY004 - the page is wrong
    parts = [" and ".join(found.tasks)] if found.tasks else []
    parts += [f"revision {found.revision}"] if found.revision else []
    parts += [f"${found.usd:.2f} more"] if found.usd else []
    parts += [found.learning] if found.learning else []
    parts += ["with your words"] if found.guidance else []
    return f": {', '.join(parts)}" if parts else ""


def wrong() -> str:
    """What is answered to lines that are not understood."""
    rows = []
    for line in WRONG:
        found = parse_line(line)
        if not isinstance(found, BadCommand):
            raise ValueError(f"{line!r} is understood")  # noqa: TRY004 - the page is wrong, not a type
        near = f" (did you mean `/otto {found.did_you_mean}`?)" if found.did_you_mean else ""
        problem = found.problem if len(found.problem) < 100 else found.problem.partition(":")[0]
        rows.append((f"`{line}`", f"{problem}{near}"))
    return table(("line", "what is wrong with it"), rows)
