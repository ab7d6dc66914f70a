"""What pages look like: addresses by content, no start where a file is missing, contrast in light and dark."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from otto_bot.web.assets import Assets, MissingAsset, shipped

CSS = Path(__file__).parents[2] / "otto_bot" / "web" / "static" / "otto.css"


async def test_a_file_is_kept_for_ever_under_the_address_that_names_its_content(host: Any) -> None:
    page = await host.page("/")
    address = re.findall(r'rel="stylesheet" href="([^"]+)"', page)[0]

    answer = await host.http.get(address)

    assert re.fullmatch(r"/static/otto\.[0-9a-f]{16}\.css", address)
    assert (answer.status_code, answer.content) == (200, CSS.read_bytes())
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/css")
    assert (await host.http.get("/static/otto.css")).status_code == 404
    assert (await host.http.get("/static/..%2fsite.py")).status_code == 404


def test_nothing_starts_where_a_template_needs_a_file_that_is_missing(tmp_path: Path) -> None:
    static, templates = tmp_path / "static", tmp_path / "templates"
    for folder in (static, templates):
        folder.mkdir()
    (static / "a.css").write_text("x")
    (templates / "page.html").write_text("{{ asset('a.css') }} {{ asset(\"b.css\") }}")

    with pytest.raises(MissingAsset, match=r"page\.html needs static/b\.css"):
        Assets(static, templates)


def test_other_content_has_another_address(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("x")
    before = Assets(tmp_path, tmp_path).url("a.css")
    (tmp_path / "a.css").write_text("y")

    assert Assets(tmp_path, tmp_path).url("a.css") != before
    assert shipped().url("otto.css").startswith("/static/otto.")


def test_templates_have_no_script_no_style_and_no_handler() -> None:
    text = "".join(path.read_text() for path in (CSS.parents[1] / "templates").iterdir())
    text = re.sub(r"<script src=\"\{\{ asset\('[a-z_]+\.js'\) \}\}\" defer></script>", "", text)

    text = re.sub(r"""<script src="{{ asset\('[a-z_]+\.js'\) }}" defer></script>""", "", text)
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|\|\s*safe|autoescape", text)


def _colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))


def _light(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_light(one), _light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_text_can_be_read_on_every_ground(dark: bool) -> None:
    """WCAG AA: 4.5 for text, 3 for what marks a border or a line."""
    light, night = CSS.read_text().split("prefers-color-scheme: dark", 1)
    shades = _colours(night if dark else light)
    for ground in ("ground", "soft"):
        for text in ("text", "dim", "link", "done", "work", "bad", "wait", "off", "todo"):
            assert _contrast(shades[text], shades[ground]) >= 4.5, (text, ground)
        assert _contrast(shades["edge"], shades[ground]) >= 3
    assert _contrast(shades["text"], shades["mark"]) >= 4.5
