"""Write the made parts of docs/security.md: entry points from the code, defences and attacks from tests/security.

    python scripts/security_page.py

What stands between `<!-- made: NAME -->` and `<!-- end of NAME -->` is replaced; everything else is written by hand.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "security.md"
COMMAND = "python scripts/security_page.py"
POINTS = (
    "GitHub Actions: what a branch may start",
    "Instructions in texts",
    "The permission gate",
    "Frozen input",
    "The cage",
    "Git",
    "The diff gate",
    "Tokens and secrets",
    "What Otto writes",
    "Configuration",
    "Cost",
    "Supply chain",
)
"""Titles of the sections; an attack's `point` is the place in this list."""
EVENTS = {
    "issues.labeled": "a run starts; asks the permission gate",
    "issues.unlabeled": "the run is cancelled; asks the permission gate",
    "issues.closed": "the run is cancelled; asks the permission gate",
    "issues.edited": "the plan waits where the text is not the one that was labelled",
    "issues.transferred": "the run ends; nothing is done for who moved it",
    "issues.deleted": "the run ends; nothing is done for who deleted it",
    "issue_comment.created": "a command; asks the permission gate",
    "issue_comment.edited": "a check box of Otto's own comment; asks the permission gate",
    "pull_request_review_comment.created": "a command; asks the permission gate",
    "pull_request_review.submitted": "a command, and changes that a reviewer asks for; asks the permission gate",
    "check_run.requested_action": "a button of Otto's own check; asks the permission gate",
    "check_run.rerequested": "“re-run” of Otto's own check; asks the permission gate",
    "check_run.completed": "only a hint to look: the result is read from GitHub's API for the exact commit",
    "workflow_run.*": "only a hint to look: the result is read from GitHub's API for the exact commit",
    "status.*": "only a hint to look: the result is read from GitHub's API for the exact commit",
    "pull_request.labeled": "one reply to who could start a run; asks the permission gate",
    "pull_request.closed": "the run ends, or rests",
    "pull_request.reopened": "the same as `/otto resume` for a run that rests; asks the permission gate",
    "push.*": "commits of others on the run's branch, or a default branch that moved: kept, and verified anew",
    "repository.*": "only a hint to look: its name, and whether it is archived or gone, is read from GitHub's API",
}
CLI = {
    "serve": "the network: the addresses above",
    "worker": "GitHub's answers, git objects, what models answer",
    "demo": "a scenario's folder, or with `--repo` your own repository, whose workflows it carries out",
    "explain": "logs, archives and job lists from files",
    "bench": "recorded runs and a scenario's folder",
    "report": "nothing but the database",
    "learnings": "with `import` a file of learnings",
    "replay": "nothing but the database; with `--model` what a model answers",
    "insight": "nothing but the database",
    "limits": "nothing but the database",
    "gc": "nothing but the database",
    "backup": "nothing but the database",
    "restore": "a backup's file",
    "ledger": "with `import` a file with a run",
    "receive": "a webhook's body from a file, without a signature: whoever can start it is the host",
    "redeliver": "GitHub's list of its own deliveries",
}
_SOURCES = re.compile(
    r"(?P<url>https?://[^\s,;<>]+)|(?P<cve>CVE-\d{4}-\d{4,})|(?P<ghsa>GHSA(?:-[23456789cfghjmpqrvwx]{4}){3})"
    r"|(?P<issue>(?<![\w/])[A-Za-z0-9][\w.-]*/[\w.-]+#\d+)"
)
_HOME = {
    "cve": "https://www.cve.org/CVERecord?id={}",
    "ghsa": "https://github.com/advisories/{}",
    "url": "{}",
}


def registry() -> ModuleType:
    """The registry with every attack in it."""
    module = beside_the_attacks("security_registry")
    module.load()
    return module


def beside_the_attacks(name: str) -> ModuleType:
    """A module of tests/security: its files may use what the test folders' conftests make importable."""
    if name not in sys.modules:
        for folder in (ROOT / "tests", ROOT / "tests" / "security"):
            _imported(f"security_page_{folder.name}", folder / "conftest.py")
    return sys.modules[name]


def _imported(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def linked_source(source: str) -> str:
    """A source with each address, advisory and issue in it as a link; words are left."""
    own = source.startswith("own: ")
    out, at = [], 0
    for match in _SOURCES.finditer(source):
        kind, text = str(match.lastgroup), match.group().rstrip(".)")
        issue = text.replace("#", "/issues/")
        url = f"https://github.com/{issue}" if kind == "issue" else _HOME[kind].format(text)
        shown = re.sub(r"^https?://(?:www\.)?", "", text)
        name = f"`{shown if len(shown) <= 60 else shown[:59] + '…'}`" if kind == "url" else text
        out += [words(source[at : match.start()]), f"[{name}]({url.replace('(', '%28').replace(')', '%29')})"]
        at = match.start() + len(text)
    out.append(words(source[at:]))
    return ("our own: " if own else "") + "".join(out).removeprefix("own: ")


def words(text: str) -> str:
    """Someone's words on the page: tags outside of code are shown, not rendered."""
    pieces = re.split(r"(`[^`]*`)", text)
    return "".join(one if one.startswith("`") else one.replace("<", "&lt;").replace("*", "\\*") for one in pieces)


def _file(attack: Any) -> str:
    path = Path(sys.modules[attack.play.__module__].__file__ or "")
    return f"../{path.relative_to(ROOT).as_posix()}"


def section(point: int, module: ModuleType) -> Iterator[str]:
    """One section: each defence with the attacks on this point that it stops."""
    yield f"### {point}. {POINTS[point]}\n"
    here = [attack for attack in module.ATTACKS.values() if attack.point == point]
    done: set[str] = set()
    for defence in module.DEFENCES.values():
        mine = [attack for attack in here if attack.by[0] is defence]
        if not mine:
            continue
        done |= {attack.name for attack in mine}
        yield f"**{words(defence.promise).rstrip('.')}.** (`{defence.name}`)\n"
        for attack in sorted(mine, key=lambda one: one.name):
            others = ", ".join(f"`{one.name}`" for one in attack.by[1:])
            more = f" Held as well by {others}." if others else ""
            said = words(attack.says).rstrip()
            yield f"- [`{attack.name}`]({_file(attack)}): {said}{more} Source: {linked_source(attack.source)}"
        yield ""
    assert done == {attack.name for attack in here}


def attacks() -> str:
    """Every section."""
    module = registry()
    lines = [
        f"{len(module.DEFENCES)} defences, {len(module.ATTACKS)} attacks.\n",
        *(line for point in range(len(POINTS)) for line in section(point, module)),
    ]
    return "\n".join(lines).rstrip()


def places() -> str:
    """Where words are injected, and whom they may reach."""
    rows = []
    for place in beside_the_attacks("injection_places").PLACES:
        reached = ", ".join(sorted(place.reached)) or "**no model**"
        rows.append((place.name.replace("-", " "), reached, words(place.why)))
    return table(("the attacker's words stand in the", "and may reach", "because"), rows)


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in lines)


def events() -> str:
    """Every webhook event that is handled. Raises ValueError where nobody wrote what one of them may do."""
    from otto_bot.intake import routes

    names = [f"{event}.{action}" for event, action in routes._HANDLERS]
    if missing := [name for name in names if name not in EVENTS]:
        raise ValueError(f"say in EVENTS what these may do: {', '.join(missing)}")
    return table(("event", "what it may do"), [(f"`{name}`", EVENTS[name]) for name in names])


def addresses() -> str:
    """Every address of the web process."""
    from otto_bot.app import build_app
    from otto_bot.intake.webhook import PATH
    from otto_bot.settings import read_settings

    with tempfile.TemporaryDirectory() as folder:
        app = build_app(read_settings(_host(folder)), lambda: True)
        rest = {
            path: sorted(method.upper() for method in found) for path, found in app._rest.openapi()["paths"].items()
        }
    rows = [("`POST`", f"`{PATH}`", "a signature over the raw body, before anything is parsed")]
    rows += [(f"`{', '.join(found)}`", f"`{path}`", _asks(path)) for path, found in rest.items()]
    rows += [("`GET`", "`/api/v1/…`", "as pages; from elsewhere a token of the App's user authorisation in the header")]
    rows += [("`POST`", "`/api/v1/…`", "such a token, always; then the permission gate, as for a comment")]
    return table(("method", "address", "asks for"), rows)


def _asks(path: str) -> str:
    if path in ("/healthz", "/readyz", "/metrics", "/static/{name}"):
        return "nothing; it shows no run's content"
    if path in ("/login", "/login/callback"):
        return "the pages' own address; the way back needs what was sealed on leaving, and GitHub's word"
    if path == "/logout":
        return "a form of the session itself, from Otto's own pages"
    if path in ("/runs/{run_id}/say", "/new"):
        return "to act: a login with GitHub, a form of that session, and the permission gate, as for a comment"
    return "a login with GitHub that may read the repository; without a login a request of this very machine"


def _host(folder: str) -> dict[str, str]:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return {
        "OTTO_STATE_DIR": folder,
        "OTTO_APP_ID": "1",
        "OTTO_PRIVATE_KEY": key.private_bytes(*form).decode(),
        "OTTO_WEBHOOK_SECRET": "of this page alone, and of nothing else",
    }


def commands() -> str:
    """What people can say, and what a host can start."""
    from otto_bot import cli
    from otto_bot.core.commands import VERBS

    said = " · ".join(f"`/otto {verb}`" for verb in VERBS)
    found: dict[str, str] = {}
    for action in cli._parser()._actions:
        if isinstance(action, argparse._SubParsersAction):
            found = {choice.dest: choice.help or "" for choice in action._choices_actions}
    rows = [(f"`otto-bot {name}`", CLI.get(name, words(text))) for name, text in found.items()]
    return f"{said}\n\n{table(('command of the host', 'what it takes in from outside'), rows)}"


MADE = {"events": events, "addresses": addresses, "commands": commands, "places": places, "attacks": attacks}


def made(page: str) -> str:
    """The page with every made part as it should be. Raises ValueError where a mark is missing."""
    for name, write in MADE.items():
        start, end = f"<!-- made: {name} -->\n", f"<!-- end of {name} -->"
        if page.count(start) != 1 or page.count(end) != 1:
            raise ValueError(f"{PAGE} needs exactly one {start.strip()} and one {end}")
        head, _, rest = page.partition(start)
        page = f"{head}{start}\n{write()}\n\n{end}{rest.partition(end)[2]}"
    return page


def main() -> int:
    """Write it."""
    sys.path.insert(0, str(ROOT))
    PAGE.write_text(made(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"{PAGE} is written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
