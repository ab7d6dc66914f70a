"""Links and where they are kept."""

from dataclasses import dataclass

from shortlinks.clock import Clock

ALPHABET = "0123456789abcdefghijkmnpqrstuvwxyz"


@dataclass(frozen=True)
class Link:
    """A short code and the address it stands for."""

    code: str
    url: str
    created: int


class Store:
    """Keeps links in memory, in the order they were added."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._links: dict[str, Link] = {}

    def add(self, url: str) -> Link:
        """Store an address; returns its link."""
        link = Link(code=_code(len(self._links) + 1), url=url, created=self.clock.now())
        self._links[link.code] = link
        return link

    def get(self, code: str) -> Link | None:
        """The link of a code, if there is one."""
        return self._links.get(code)

    def all(self) -> list[Link]:
        """Every link, oldest first."""
        return list(self._links.values())


def _code(number: int) -> str:
    code = ""
    while number:
        number, rest = divmod(number, len(ALPHABET))
        code = ALPHABET[rest] + code
    return code.rjust(4, "0")
