"""The page of `otto-bot setup` as HTML: what will be registered, what came of it, what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape as e

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;"
    "background:#fff}button{font:inherit;padding:.6rem 1rem;border:0;border-radius:.4rem;background:#1a5fb4;color:#fff;"
    "cursor:pointer}code{background:#eef0f3;padding:.1rem .3rem}td,th{text-align:left;padding:.1rem 1.2rem .1rem 0}"
    ".bad{border-left:.3rem solid #a51d2d;padding-left:1rem}"
    "@media(prefers-color-scheme:dark){body{color:#e6e6e6;background:#16181c}code{background:#2a2e35}a{color:#8ab4f8}}"
)
HOW_POLL = "It gets no webhook: Otto asks GitHub every 15 seconds, and nothing needs to reach this machine."
HOW_WEBHOOK = "GitHub will send webhooks to the address that you gave."
NOT_YOURS = "This page belongs to another `otto-bot setup`, or was opened before. Take the address from the terminal."
OTHER_HOST = "This is not the address of this page. Take the one from the terminal."
SCRIPT = "setInterval(async()=>{try{const r=await fetch('installed');if(r.status===200)location.reload()}catch{}},2000)"
"""The one script of these pages: reloads when the App is installed."""
NOTHING = "There is nothing here."


def page(title: str, body: str) -> str:
    """A whole page around HTML."""
    wide = '<meta name="viewport" content="width=device-width">'
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">{wide}'
        f"<title>{e(title)}</title><style>{STYLE}</style></head><body><main><h1>{e(title)}</h1>{body}</main>"
        "</body></html>"
    )


def door(url: str) -> str:
    """A file that leads to the page."""
    return (
        f'<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url={e(url)}"><title>Otto</title>'
    )


def begin(action: str, manifest: str, who: str, asked: Mapping[str, str], how: str, problem: str = "") -> str:
    """The form that goes to GitHub. `who` is the organisation, or empty; `asked` permission → access."""
    rows = "".join(f"<tr><td>{e(name)}</td><td>{e(level)}</td></tr>" for name, level in asked.items())
    whose = f"the organisation {e(who)}" if who else "your own account"
    bad = f'<p class="bad" role="alert">{e(problem)}</p>' if problem else ""
    body = (
        f"{bad}<p>GitHub registers an App for {whose}, shows you its name and asks once. Its keys come back to this "
        f"machine, and go nowhere else. {e(how)}</p>"
        f'<form method="post" action="{e(action)}"><input type="hidden" name="manifest" value="{e(manifest)}">'
        f"<button>Go to GitHub and create the App</button></form>"
        f"<h2>What it may do where you install it</h2><table><thead><tr><th>permission</th><th>access</th></tr></thead>"
        f"<tbody>{rows}</tbody></table><p>It cannot change workflow files, settings or secrets.</p>"
    )
    return page("Set up Otto", body)


def install(name: str, url: str, env: str) -> str:
    """It is registered; it looks again by itself until it is installed."""
    body = (
        f"<p>The App <b>{e(name)}</b> is registered. Its keys are on this machine, its settings in "
        f'<code>{e(env)}</code>.</p><p><a href="{e(url)}" target="_blank" rel="noopener">Install it on your '
        "repositories</a> (opens GitHub).</p>"
        '<p role="status">Not installed yet. This page looks every few seconds; without scripts: '
        f'<a href="">look again</a>.</p><script>{SCRIPT}</script>'
    )
    return page("Install the App", body)


def done(accounts: Sequence[str], steps: Sequence[str]) -> str:
    """The end."""
    lines = e("\n".join(steps))
    body = f"<p>Installed for <b>{e(', '.join(accounts))}</b>. On the terminal:</p><pre>{lines}</pre>"
    return page("Otto is set up", body)


def trouble(problem: str, *, again: bool = False) -> str:
    """What is wrong, and what to do. `again`: reloading tries once more."""
    more = "<p>Then reload this page.</p>" if again else ""
    return page("That did not work", f'<p class="bad" role="alert">{e(problem)}</p>{more}')
