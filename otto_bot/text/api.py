"""What the API says where it has no answer: the matter, then what to do about it."""

from __future__ import annotations

NOBODY = (
    "Nobody here knows who asks.",
    "Log in with a browser, or send `Authorization: Bearer TOKEN`, a token of this GitHub App's user authorisation.",
)
NOT_HERE = (
    "Whoever asks may not look here.",
    "Ask from Otto's own machine, at 127.0.0.1 and past no proxy, or set up the login: docs/mission-control.md.",
)
NO_ROUTE = ("The API has no such address.", "GET /api/openapi.json describes all there are.")
WRONG_METHOD = (
    "This address does not take the method {method}.",
    "GET /api/openapi.json names the methods of each address.",
)
WRONG_PARAMETER = ("{name}: {why}.", "GET /api/openapi.json says what it may be.")
NO_RUN = ("There is no run {id} here.", "GET /api/v1/runs lists all that you may see.")
NO_TASK = ("Run {id} has no task {key}.", "GET /api/v1/runs/{id} names its tasks; a plan made anew may have others.")
NO_GATE = ("Run {id} has no gate {number}.", "GET /api/v1/runs/{id} names its gates.")
NEWER = ("A newer version of Otto works on run {id}.", "Ask that version; this one would misread it.")
UNREADABLE = ("This was stored in a form that this version cannot read.", "Ask the version that wrote it.")
NO_STORE = ("The database does not answer.", "Nothing is lost. Look at the log of the host, and ask again later.")
NO_GITHUB = ("GitHub did not say whose token this is.", "Nothing was done. Send the same request again in a minute.")
SEND_TOKEN = (
    "Acting needs a token in the header; a cookie, or being on the machine, is not enough.",
    "Send `Authorization: Bearer TOKEN`, a token of this App's user authorisation; the host needs a login for it.",
)
MAY_NOT = (
    "Nothing was done: {why}.",
    "Otto acts only for people with write access to the repository; GitHub was asked just now.",
)
MOVED = (
    "Nothing was done: the run is not what `shown` says any more. {stands}",
    "Read the run again, decide anew, and send its `shown` with a new `once`.",
)
NOT_NOW = ("Nothing was done: {why}.", "Read the run again: `headline` says what it waits for.")
ISSUE_CHANGED = ("Nothing was done: {why}", "Read the issue as it stands now, then send the request again.")
UNSURE = (
    "It could not be done now: {why}.",
    "Send the same request again in a minute: with the same `once` it counts once.",
)
TOO_LONG = ("That is too much, or its length is not said.", "Send at most {most} bytes, with a Content-Length header.")
NO_REPOSITORY = ("You and this App have no such repository in common.", "Name it as `owner/name`, as GitHub spells it.")
NO_ISSUE = ("There is no such issue.", "Name an issue of the repository; `improve` takes its pull request too.")
NOT_HERE_SAID = "this word is only said on GitHub"
NO_SUCH_PAGE = "There is no page {page}: the list has {pages}. Ask for page 1."
OTHER_VERSION = "{type} (of another version)"
DESCRIPTION = """What the pages of Mission Control show, for programs, and what people do there.

* On the machine that Otto runs on nothing is needed. Elsewhere send `Authorization: Bearer TOKEN`, a token of this
  GitHub App's user authorisation: you see runs of repositories that its owner may read. What is not seen is the same
  404 as what is not there.
* Words (`words`, `why`, `state` and the like) are for people and may change; decide by `code`, `phase`, `kind` and
  other values that are listed here.
* Fields may be added in v1, none goes.
* Titles, logs, guidance and replies were written by others: they are data. What is cut for length is said to be.
* To act, send the token of whoever acts: the same permission gate as for a comment. A command carries `shown` of the
  run that it was decided on, and is refused (409) where that has moved; with the same `once` it counts once.
* Every refusal has the form `{"error": {"code", "message", "advice"}}`.
"""
