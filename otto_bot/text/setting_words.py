"""What each setting of the host means, in Markdown: the table of docs/configure.md is made of it, and of the model."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "app_id": "The App's number, as GitHub shows it",
    "private_key": "The App's private key, PEM",
    "webhook_secret": "The webhook secret; several, separated by spaces or lines, while it is being changed",
    "client_id": (
        "The App's client id, as GitHub shows it: with it and the secret people [log in](mission-control.md#logging-in)"
        " to see pages and to act"
    ),
    "client_secret": "A client secret of the App, from its settings on GitHub. Whoever changes it logs everybody out",
    "public_url": (
        "Where people reach the pages, such as `https://otto.example.org`, without a path; https but for this machine. "
        "Needed for a login from elsewhere than this machine"
    ),
    "pages": (
        "Who sees [pages](mission-control.md#who-may-see-them). `login`: whoever has logged in. `local`: whoever sits "
        "at this machine, and they can log in to act. `off`: nobody. `auto` is `login` where `OTTO_CLIENT_ID` is set, "
        "else `local`, with which nothing starts where `OTTO_HOST` is not loopback"
    ),
    "github_api_url": "The API's root; for GitHub Enterprise Server `https://HOST/api/v3`",
    "github_web_url": "Where people see GitHub; needed only where it is on another host",
    "github_api_version": (
        "The version of GitHub's API that every request asks for. An Enterprise Server that does not know it says so, "
        "and names those that it knows: `2022-11-28`, say. `off` asks for none ([what "
        "differs](conformance.md#older-versions-of-the-api))"
    ),
    "docs_url": "Where these documents are read: comments link to their [troubleshooting page](troubleshooting.md)",
    "database_url": "Where the ledger is. More than one worker needs PostgreSQL: `postgresql+psycopg://USER@HOST/NAME`",
    "state_dir": "Database, queue, mirrors, workspaces. Private to Otto's user; the cage never shows it",
    "host": "Address to listen on. Where it is not loopback, [pages](mission-control.md) need a login or must be off",
    "port": "Port to listen on; 0 takes a free one",
    "concurrency": (
        "Effects that one worker has in hand at the same time, coders included. Agents of one installation get"
        " three quarters of them"
    ),
    "poll": (
        "No webhooks: GitHub is asked every 15 seconds ([what that costs](operate.md#without-webhooks)), and "
        "`OTTO_WEBHOOK_SECRET` may be missing. `otto-bot serve --poll` is the same"
    ),
    "catchup_seconds": (
        "Seconds between two rounds of asking GitHub for what no webhook told ([what is asked how "
        "often](operate.md#lost-webhooks)). With `OTTO_POLL` 15, unless it is set"
    ),
    "write_pause_seconds": (
        "Between two writes of one installation, whichever worker sends them. GitHub asks for at least one "
        "second; 0 only for a server of your own without such limits ([operate.md](operate.md#limits-of-github))"
    ),
    "max_usd": "Cap over every repository's `budget.usd`, for all runs of one issue, grants included",
    "max_minutes": "Cap over `budget.minutes`",
    "max_attempts": "Cap over `attempts.per_task`",
    "max_runs": (
        "Runs at work at once, over all installations; a run that rests or waits for a person does not count. What is "
        "above waits, and says so ([limits](#how-much-at-once))"
    ),
    "max_runs_per_installation": "The same for one installation of the App",
    "max_attempts_at_once": "Coders at work at once, over all installations and workers",
    "max_attempts_at_once_per_installation": "The same for one installation",
    "max_agents": "Whatever calls a model at once: planners, coders, judges, pilots, testers",
    "max_agents_per_installation": "The same for one installation",
    "max_usd_per_day": (
        "What calls of models may cost on one day (UTC), over all installations; `off` = no limit ([a "
        "day](#how-much-in-a-day))"
    ),
    "max_usd_per_day_per_installation": "The same for one installation",
    "max_runs_per_day_per_repository": "Runs that begin on one day; `off` = no limit",
    "max_runs_per_day_per_person": "The same by whoever put the label on or gave the command, over all repositories",
    "keep_days": ("What belongs to a run is deleted so long after it has ended ([retention](operate.md#retention))"),
    "cage": (
        "`require`: a model's commands run in bubblewrap or not at all. `scripted` is for the demo: its scripted model "
        "may run without a cage"
    ),
    "cage_shown": (
        "Folders of the host that commands in the cage may read besides `/usr`, separated by `:`, such as "
        "`/opt/node:/opt/go` ([what the cage shows](#what-the-cage-shows))"
    ),
    "workspace_gib": (
        "What one work tree may hold with everything installed for it; a command that goes beyond is stopped, those "
        "after it can remove files and write none, and beyond twice as much none is started"
    ),
    "repository_gib": (
        "What the mirror of one repository may take. A run of a larger one rests before any model is paid, and says "
        "what it needs ([large.md](large.md#room))"
    ),
    "mirrors_gib": (
        "What all mirrors below `OTTO_STATE_DIR` may take; above it those go that were used longest ago and that "
        "nothing uses ([large.md](large.md#room))"
    ),
    "partial_mib": (
        "From this size on, as GitHub tells it, a repository is mirrored without the contents of old commits "
        "([large.md](large.md#what-is-fetched)); `0` = always"
    ),
    "setup_hosts": (
        "Hosts that a repository's set-up may reach ([set-ups](#set-ups)), separated by spaces; `none` = no network for"
        " set-ups either"
    ),
    "setup_private_hosts": "More of them whose addresses may be of a private network: your own mirrors",
    "accept_exposure": (
        "Whether `verify.exposure: accept` in a repository counts on this host. Where it does not, the plan waits for a"
        " yes as with `ask`"
    ),
    "repository_defaults": (
        "What a repository gets where its `.github/otto.yml` says nothing, as YAML in the shape of that file: `{pilot: "
        "{approval: always}, budget: {usd: 5}}`. A repository's own file counts more, key by key; the caps above hold "
        "for both. At most 16 KiB; a mistake stops the start"
    ),
    "logs_gib": (
        "What logs that pages show may take below `OTTO_STATE_DIR` ([logs](operate.md#logs-that-pages-show)); one log "
        "has at most a quarter of it, and 512 MiB"
    ),
    "prices": (
        'Prices of further models, JSON: `{"my-model": {"input": 3, "output": 15}}`, US dollars for a million tokens'
    ),
    "log_level": "What is told on standard error: this, and what is graver",
    "log_format": (
        "`json`: one object a line. `auto`: `text` where standard error is a terminal, else `json` "
        "([observe.md](observe.md#logs))"
    ),
    "metrics_host": "Address where a worker shows its [metrics](observe.md#metrics); nobody has to log in there",
    "metrics_port": "Port for that; 0 = a worker shows none. Several workers of one machine need one each",
}
"""By the field's name in `settings.Settings`; links are those of docs/configure.md."""

MADE_AT_START: Mapping[str, str] = {
    "client_id": "none",
    "client_secret": "none",
    "public_url": "none",
    "github_web_url": "from the API's root",
    "database_url": "`otto.sqlite` in the state folder",
    "cage_shown": "none",
    "setup_hosts": "package registries",
    "setup_private_hosts": "none",
    "repository_defaults": "none",
    "prices": "built in",
}
"""What a setting is that nobody sets, where the model's own default is only an empty text."""

OF_FILES: Mapping[str, str] = {
    "private_key": "A file with the private key, instead",
    "webhook_secret": "A file with the webhook secret, instead",
    "client_secret": "A file with the client secret, instead",
    "database_url": "A file with the database's address, instead: it may hold a password",
}
"""The same of `OTTO_X_FILE`."""
