"""What the doctor says of a host: for each check every sentence that it has, how bad it is, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from otto_bot.core.finding import Level


class Said(NamedTuple):
    """One outcome. `{names}` are filled in; `see` is a page of docs/ with its anchor, or nothing."""

    level: Level
    words: str
    advice: str = ""
    see: str = ""


class About(NamedTuple):
    """One check: what it looks at, in a sentence for docs/doctor.md, and what it may say."""

    looks_at: str
    says: Mapping[str, Said]


CANNOT = Said("unknown", "Not looked at: {why}", "{advice}")
"""Of any check that could not be made."""
AGAIN = "Correct what is named under `settings`, then say it again."
NO_GITHUB = ("there is no usable App id or key", AGAIN)
NO_STORE = ("the database does not answer", "See what is said of `database`.")
NO_SETTINGS = ("the settings that it needs cannot be used", AGAIN)
TOO_SLOW = "no answer within {seconds:g} s"
TRY_AGAIN = "Say it again; where it stays so, look at the network between the host and what is asked."
OUR_FAULT = "an error in Otto itself ({kind}); its log has it"
NOT_FOUND = ("GitHub does not show the repository to the App", "See what is said of `installed`.")

HOST: Mapping[str, About] = {
    "settings": About(
        "the environment of `docs/configure.md`: each variable that cannot be used, and which differ from their "
        "default",
        {
            "usable": Said("ok", "All settings can be used; {count} differ from their default: {names}."),
            "defaults": Said("ok", "All settings can be used."),
            "unusable": Said("problem", "{problem}.", "Correct it, then start `serve` and `worker` again.",
                             "configure.md#host-environment-variables"),
        },
    ),
    "secret-files": About(
        "who may read `.env` and the files that `OTTO_…_FILE` name",
        {
            "private": Said("ok", "No other user of this machine may read {names}."),
            "none": Said("ok", "No secret is read from a file here."),
            "open": Said("warning", "{path} may be read by other users of this machine (mode {mode}).",
                         "`chmod 600 {path}`; who read it has the secret: change it where that may have happened.",
                         "operate.md#secrets-and-tokens"),
        },
    ),
    "versions": About(
        "Python, SQLite, git, bubblewrap and DBOS against what Otto is tested with",
        {
            "supported": Said("ok", "{versions}."),
            "old": Said("problem", "{what} is {found}; {least} or newer is needed.", "Update it.",
                        "install.md"),
            "untested": Said("warning", "{what} is {found}; Otto is tested with {tested}.",
                             "Use a tested one where something odd happens.", "install.md"),
            "missing": Said("problem", "{what} is not there.", "Install it: `apt install {package}` on Debian.",
                            "install.md"),
        },
    ),
    "database": About(
        "whether the database answers, its schema, its journal (SQLite), its version and connections (PostgreSQL)",
        {
            "well": Said("ok", "{kind} answers; schema {schema}."),
            "none": Said("note", "There is no database yet: {where}.", "`otto-bot serve` makes it when it starts."),
            "gone": Said("problem", "The database does not answer: {why}", "See that it runs, and that "
                         "OTTO_DATABASE_URL"
                         " or OTTO_STATE_DIR names it.", "operate.md#processes"),
            "older": Said("warning", "The database has schema {found}, this version makes {newest}.",
                          "`otto-bot serve` of this version brings it up when it starts; make a backup before.",
                          "operate.md#backup-and-restore"),
            "newer": Said("warning", "The database has schema {found}, newer than the {newest} of this version.",
                          "Use the version that wrote it, or a newer one.", "operate.md"),
            "no_wal": Said("warning", "SQLite keeps no write-ahead log here (journal mode {mode}).",
                           "Put the state folder on a local disk: on a network's it can be neither quick nor safe.",
                           "operate.md#processes"),
            "old_postgres": Said("warning", "PostgreSQL is {found}; Otto is tested with {least} and newer.", "Update "
                                 "it."),
            "connections": Said("warning", "PostgreSQL allows {most} connections and {used} are in use; a worker takes "
                                "up to 20, a web process up to 15.", "Raise `max_connections`.",
                                "operate.md#processes"),
        },
    ),
    "disk": About(
        "free space where the database, mirrors and work trees are",
        {
            "room": Said("ok", "{free} are free in {path}."),
            "little": Said("warning", "Only {free} are free in {path}.",
                           "Make room, or move OTTO_STATE_DIR: a work tree alone may take {most}.", "operate.md"),
            "full": Said("problem", "{free} are free in {path}: runs cannot work there.",
                         "Make room, or move OTTO_STATE_DIR.", "operate.md"),
            "unwritable": Said("problem", "{path} cannot be written: {why}.", "Give it to the user that runs Otto.",
                               "operate.md"),
        },
    ),
    "workers": About(
        "whether a worker lives on this database, and of which version",
        {
            "alive": Said("ok", "{count} heard of lately."),
            "none": Said("problem", "No worker was heard of for 30 seconds, and steps wait.",
                         "Start one: `otto-bot worker`, or `otto-bot serve`, which starts one.",
                         "operate.md#processes"),
            "idle": Said("note", "No worker runs now, and no step waits.", "`otto-bot serve` starts one.",
                         "operate.md#processes"),
            "other": Said("warning", "Worker {name} is of version {theirs}, this command of {ours}.",
                          "That is meant only while a new version is deployed.", "operate.md"),
        },
    ),
    "github": About(
        "GitHub's API and its pages, from here",
        {
            "reached": Said("ok", "{api} and {web} answer."),
            "api_gone": Said("problem", "GitHub's API at {api} does not answer: {why}",
                             "Look at the network, DNS, a firewall, and at OTTO_GITHUB_API_URL.", "install.md"),
            "web_gone": Said("problem", "GitHub's pages at {web} do not answer: {why}",
                             "git fetches and pushes there. Look at the network and at OTTO_GITHUB_WEB_URL.",
                             "configure.md#host-environment-variables"),
        },
    ),
    "clock": About(
        "this machine's clock against GitHub's: the App's logins carry a time",
        {
            "right": Said("ok", "This clock is within {seconds} s of GitHub's."),
            "off": Said("warning", "This clock is {seconds} s {way} GitHub's.",
                        "Turn on NTP: at a minute GitHub refuses the App's logins.", "operate.md"),
            "wrong": Said("problem", "This clock is {seconds} s {way} GitHub's: it refuses the App's logins.",
                          "Set the clock, and turn on NTP.", "operate.md"),
        },
    ),
    "credentials": About(
        "whether GitHub accepts OTTO_APP_ID with OTTO_PRIVATE_KEY",
        {
            "accepted": Said("ok", "GitHub knows this App as {slug} ({id})."),
            "refused": Said("problem", "GitHub does not accept the App's id and key: {why}",
                            "OTTO_APP_ID and OTTO_PRIVATE_KEY must be of one App: take a new key from its page, under "
                            "*Private keys*. A wrong clock has the same effect.", "install.md"),
        },
    ),
    "app-permissions": About(
        "what the App is registered with, against `app.yml`",
        {
            "enough": Said("ok", "The App asks for all {count} permissions that Otto needs."),
            "missing": Said("problem", "The App does not ask for {missing}.",
                            "Add it on the App's page, under *Permissions & events*; each owner has to accept it then.",
                            "install.md"),
            "more": Said("note", "The App asks for more than Otto uses: {more}.",
                         "Take it off: what a key opens, whoever steals it may use.", "security.md"),
        },
    ),
    "app-events": About(
        "the events that the App subscribes to, against `app.yml`",
        {
            "enough": Said("ok", "The App is subscribed to all {count} events that Otto hears."),
            "missing": Said("warning", "The App is not subscribed to {missing}.",
                            "Tick it on the App's page, under *Permissions & events*. Until then Otto finds by asking, "
                            "and later, what it would have been told.", "install.md"),
            "no_hook": Said("ok", "No webhook is used: Otto asks, so that events do not matter."),
        },
    ),
    "installations": About(
        "each installation: what its owner granted, and whether it is suspended",
        {
            "granted": Said("ok", "{who} granted all that is needed."),
            "none": Said("warning", "The App is installed nowhere.",
                         "Install it from its page: {page}.", "install.md"),
            "lacking": Said("problem", "{who} has not granted {missing}.",
                            "An owner accepts it here: {page}.", "troubleshooting.md#missing-permission"),
            "less": Said("warning", "{who} has not granted {missing}: runs go on, and people have more to do.",
                         "An owner accepts it here: {page}.", "troubleshooting.md#no-actions-write"),
            "suspended": Said("warning", "{who} has suspended the App since {since}.",
                              "An owner lets it in again: {page}.", "troubleshooting.md#suspended-installation"),
            "unheard": Said("note", "{who} has not accepted these events yet: {missing}.",
                            "They come with the permissions: {page}."),
        },
    ),
    "webhook": About(
        "where GitHub sends webhooks, whether that answers from here, and what became of the last ones",
        {
            "well": Said("ok", "{url} answers; {count} of the last {all} deliveries arrived."),
            "polling": Said("ok", "The App has no webhook. Otto asks for what happened every {seconds} s."),
            "no_hook": Said("warning", "The App has no webhook, and Otto asks only every {seconds} s.",
                            "Set its address on the App's page, or lower OTTO_CATCHUP_SECONDS; `otto-bot serve --poll` "
                            "does that.", "install.md"),
            "form": Said("problem", "GitHub sends webhooks as {type}, and Otto takes JSON.",
                         "Choose *application/json* on the App's page.", "install.md"),
            "insecure": Said("warning", "GitHub does not check the certificate of {url}.",
                             "Turn *SSL verification* on, on the App's page."),
            "plain": Said("warning", "Webhooks go to {url} without TLS.", "Use an https address."),
            "unreachable": Said("problem", "{url} does not answer from here: {why}",
                                "See that `otto-bot serve` runs, and that the proxy or tunnel leads to it.",
                                "install.md"),
            "elsewhere": Said("problem", "{url} answers {status}, and not as Otto's webhook does.",
                              "The address must end in `/webhook` and lead to `otto-bot serve`.", "install.md"),
            "failed": Said("warning", "{failed} of the last {all} deliveries did not arrive; the last one said: "
                           "{said}.",
                           "`otto-bot redeliver` lists them and asks for them again.", "operate.md"),
            "unsigned": Said("problem", "Deliveries are refused for their signature (401).",
                             "OTTO_WEBHOOK_SECRET must be the secret of the App's page; both may stand there while one "
                             "is changed.", "operate.md"),
            "silent": Said("note", "GitHub keeps no delivery of the last days.",
                           "Label an issue, or wait for something to happen."),
        },
    ),
    "sandbox": About(
        "whether a command can be caged here: a model's commands run in no other way",
        {
            "caged": Said("ok", "{why}"),
            "weaker": Said("warning", "The cage is weaker than it could be: {why}", "", "install.md"),
            "none": Said("problem", "No command can be caged: {why}", "Until then coders write without running "
                         "anything, "
                         "and nothing is judged by commands.", "install.md"),
            "scripted": Said("warning", "OTTO_CAGE=scripted: commands of models run without a cage where none starts.",
                             "That is for the playground alone: take it out of the environment.",
                             "configure.md#host-environment-variables"),
        },
    ),
    "models": About(
        "the key, and for each role whether its model is there and its price known; no call that costs is made",
        {
            "there": Said("ok", "{address} knows {models}."),
            "no_key": Said("problem", "There is no key for the model.", "Set ANTHROPIC_API_KEY for the worker.",
                           "configure.md#host-environment-variables"),
            "refused": Said("problem", "{model} ({roles}) cannot be used: {why}", "Correct the key, `models:`, or "
                            "ANTHROPIC_BASE_URL.", "configure.md"),
            "no_price": Said("problem", "No price is known for {model} ({roles}), so no budget could hold.",
                             "Name another model, or set OTTO_PRICES.", "configure.md#prices"),
            "elsewhere": Said("note", "ANTHROPIC_BASE_URL sends every prompt to {address}."),
        },
    ),
    "pages": About(
        "Mission Control and logging in: whether both can work as they are set",
        {
            "login": Said("ok", "People log in with GitHub at {url}."),
            "local": Said("ok", "Pages are for this machine alone, without a login."),
            "off": Said("note", "OTTO_PAGES=off: there are no pages."),
            "unreachable": Said("problem", "{url} does not answer from here: {why}",
                                "See that `otto-bot serve` runs, and that OTTO_PUBLIC_URL and the proxy lead to it.",
                                "mission-control.md"),
            "odd": Said("problem", "{url} answers, and is not Otto.", "OTTO_PUBLIC_URL must lead to `otto-bot serve`.",
                        "mission-control.md"),
        },
    ),
}  # fmt: skip
