"""What the page of the host says when something is not as it should be: the matter, and what to do."""

from __future__ import annotations

NO_WORKER = ("Steps wait and no worker was heard of for 30 seconds.", "Start one on the host: `otto-bot worker`.")
SILENT = (
    "Worker {name} was last heard {ago} ago.",
    "Others take over what it had in hand. If it should run, look at its log and start it again.",
)
OTHER_VERSION = (
    "Worker {name} is of version {theirs}, this process of {ours}.",
    "That is meant only while a new version is deployed: update the older one (docs/operate.md).",
)
OLD_DELIVERY = (
    "The oldest delivery waits for {ago}.",
    "A worker takes deliveries in: see whether one is at work, and what its log says.",
)
OLD_STEP = (
    "The oldest step that could begin waits for {ago}.",
    "There is more work than hands: start another worker or raise `OTTO_CONCURRENCY`.",
)
DEAD = (
    "{number} failed for good.",
    "`otto-bot redeliver` lists them with their errors; `--force GUID` works one in again.",
)
GIVEN_UP = (
    "{number} did not arrive although GitHub was asked {tries} times to send them again.",
    "See whether the webhook's address is right and can be reached from GitHub; then `otto-bot redeliver`.",
)
CLOSED = (
    "GitHub takes nothing for installation {id} ({accounts}) before {until}: {why}",
    "It goes on by itself then. Where it happens often, lower `OTTO_MAX_RUNS_PER_INSTALLATION`.",
)
FEW_LEFT = (
    "Of installation {id} ({accounts}) {remaining} of {limit} requests are left until {reset}.",
    "Live progress gives way until then; decisions and merges go on. Nothing is to be done.",
)
SCHEMA = (
    "The database has schema {found}, this version makes {newest}.",
    "While a newer version is deployed that is meant; else update this process (docs/operate.md).",
)
PERMISSIONS = (
    "What each installation granted, as GitHub said last. Each request takes a token with what it needs of the ones "
    "below; where one is missing the run that needs it rests, and its page names it."
)
NOT_LOOKED = "Nobody has looked yet: a worker does so two minutes after it starts, and every ten minutes then."
LOOKED = "Looked at {ago} ago: {well} found nothing wrong. `otto-bot doctor` looks now, and at the models, too."
GRANTED_ALL = "all granted"
LACKS = "runs rest"
LESS = "people have more to do"
SUSPENDED = "suspended"
NEEDED: tuple[tuple[str, str], ...] = (
    ("Metadata", "read"),
    ("Contents", "read and write"),
    ("Issues", "read and write"),
    ("Pull requests", "read and write"),
    ("Checks", "read and write"),
    ("Actions", "read and write"),
    ("Commit statuses", "read"),
)
"""As in app.yml: a test compares."""
PARKED = {
    "github_limit": "held back by a limit of GitHub",
    "runs": "wait for their turn: runs at once",
    "agents": "wait for their turn: agents at once",
    "day": "wait for the next day",
}
BARRED = {
    "archived": "repository archived",
    "suspended": "App suspended",
    "removed": "App may not use the repository",
}
