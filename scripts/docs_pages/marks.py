"""Where a made part stands in a page: between `<!-- made: NAME -->` and `<!-- end of NAME -->`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

COMMAND = "make docs"


def made(page: str, parts: Mapping[str, Callable[[], str]]) -> str:
    """The page with every made part as it should be. Raises ValueError where a mark is missing or there twice."""
    for name, write in parts.items():
        start, end = f"<!-- made: {name}, by `{COMMAND}` -->\n", f"<!-- end of {name} -->"
        if page.count(start) != 1 or page.count(end) != 1:
            raise ValueError(f"the page needs exactly one {start.strip()} and one {end}")
        head, _, rest = page.partition(start)
        page = f"{head}{start}\n{write()}\n\n{end}{rest.partition(end)[2]}"
    return page


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table; bars within cells are escaped."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in lines)


def cell(text: str) -> str:
    """A docstring as one line of a table, without its full stop."""
    return " ".join(text.split()).removesuffix(".")
