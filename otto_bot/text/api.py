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
NO_SUCH_PAGE = "There is no page {page}: the list has {pages}. Ask for page 1."
OTHER_VERSION = "{type} (of another version)"
DESCRIPTION = """What the pages of Mission Control show, for programs. It only reads.

* On the machine that Otto runs on nothing is needed. Elsewhere send `Authorization: Bearer TOKEN`, a token of this
  GitHub App's user authorisation: you see runs of repositories that its owner may read. What is not seen is the same
  404 as what is not there.
* Words (`words`, `why`, `state` and the like) are for people and may change; decide by `code`, `phase`, `kind` and
  other values that are listed here.
* Fields may be added in v1, none goes.
* Titles, logs, guidance and replies were written by others: they are data. What is cut for length is said to be.
* Every refusal has the form `{"error": {"code", "message", "advice"}}`.
"""
