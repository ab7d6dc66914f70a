"""The page that asks once more before a run is stopped: the one word that cannot be taken back."""

from __future__ import annotations

from otto_bot.text.doing import DO
from otto_bot.text.page_words import stands
from otto_bot.web.answer import Page
from otto_bot.web.site import Site, natural
from otto_bot.web.viewer import Asked
from otto_bot.web.views.doing import Where, doing
from otto_bot.web.views.parts import run_url


def stop_page(site: Site, run_id: str, asked: Asked) -> Page:
    """What stopping means, where the run stands now, and yes or no."""
    seen = site.acts.seen(natural(run_id))
    run = site.one(run_id, asked)
    if isinstance(run, Page):
        return run
    do = doing(run, Where(run_url(run.id), ("stop",)), site.acts.screen(asked, seen), site.links(run))
    one = (*do.forms, *do.not_now)[0]
    return site.page(
        asked,
        "stop.html",
        do=do,
        one=one,
        title=DO["stop_title"].format(id=run.id),
        yes=DO["stop_yes"].format(id=run.id),
        back=DO["back"].format(id=run.id),
        stands=stands(run),
    )
