"""A small page to look at: issues, pull requests, checks and logs, for a person with a browser."""

from __future__ import annotations

from html import escape as e
from importlib import resources

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from otto_bot.playground.actions.api import ActionsError
from otto_bot.playground.github.changes import issues as issue_changes
from otto_bot.playground.github.hub import Hub
from otto_bot.playground.github.markdown import render
from otto_bot.playground.github.shapes import pulls as pull_shapes
from otto_bot.playground.github.state import CheckRun, Comment, Issue
from otto_bot.playground.github.world import stamp

MAX_LOG_CHARS = 2_000_000
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'self'"
SIGNS = {
    "success": "✔", "failure": "✘", "neutral": "■", "cancelled": "⊘", "skipped": "↷", "timed_out": "⏱",
    "action_required": "!", "startup_failure": "✘",
}  # fmt: skip


def page(title: str, body: str, status: int = 200) -> Response:
    """A whole page around `body`, which is HTML already."""
    style = resources.files("otto_bot.playground.github").joinpath("pages.css").read_text()
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{e(title)}</title>'
    html = f'<!doctype html><html lang="en"><head>{head}<style>{style}</style></head><body>{body}</body></html>'
    return HTMLResponse(html, status, {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer"})


class Pages:
    """The pages; each is made from the state at that moment."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    @property
    def root(self) -> str:
        """Path of the repository."""
        return f"/{self.hub.world.full_name}"

    def frame(self, title: str, body: str, status: int = 200) -> Response:
        """A page with the repository's navigation."""
        name, root = e(self.hub.world.full_name), e(self.root)
        nav = (
            f'<nav><b><a href="{root}">{name}</a></b> <a href="{root}/issues">Issues</a> '
            f'<a href="{root}/pulls">Pull requests</a> <a href="{root}/actions">Actions</a> '
            '<span class="hint">GitHub stand-in</span></nav>'
        )
        return page(f"{title} · {self.hub.world.full_name}", f"{nav}<main>{body}</main>", status)

    def missing(self) -> Response:
        """404."""
        return self.frame("Not found", "<h1>Not found</h1>", 404)

    async def home(self, _request: Request) -> Response:
        """Issues, pull requests and branches."""
        world = self.hub.world
        branches = "".join(
            f"<li><code>{e(name.removeprefix('refs/heads/'))}</code> <small>{sha[:10]}</small></li>"
            for name, sha in world.repo.refs().items()
        )
        body = self._list(pull=False) + self._list(pull=True) + f"<h2>Branches</h2><ul>{branches}</ul>"
        return self.frame("Overview", body)

    def _list(self, *, pull: bool) -> str:
        rows = [row for row in self.hub.world.issues if (row.pull is not None) == pull]
        items = "".join(
            f'<li>{self._badge(row)} <a href="{e(self.root)}/{"pull" if pull else "issues"}/{row.number}">'
            f"{e(row.title)}</a> <small>#{row.number} by {e(row.author)}</small> {self._labels(row)}</li>"
            for row in rows
        )
        return f"<h2>{'Pull requests' if pull else 'Issues'}</h2><ul class='rows'>{items or '<li>none</li>'}</ul>"

    async def issues(self, _request: Request) -> Response:
        """Every issue."""
        return self.frame("Issues", self._list(pull=False))

    async def pulls(self, _request: Request) -> Response:
        """Every pull request."""
        return self.frame("Pull requests", self._list(pull=True))

    def _badge(self, row: Issue) -> str:
        word: str = row.state
        if row.pull and row.pull.merged_at:
            word = "merged"
        elif row.pull and row.pull.draft and row.state == "open":
            word = "draft"
        return f'<span class="badge {word}">{word}</span>'

    def _labels(self, row: Issue) -> str:
        return " ".join(f'<span class="label">{e(name)}</span>' for name in row.labels)

    async def issue(self, request: Request) -> Response:
        """An issue or pull request with its conversation."""
        row = self.hub.world.issue(request.path_params["number"])
        wants_pull = request.url.path.split("/")[3] == "pull"
        if row is None or (row.pull is not None) != wants_pull:
            return self.missing()
        head = f"<h1>{e(row.title)} <small>#{row.number}</small></h1><p>{self._badge(row)} {self._labels(row)}</p>"
        if row.pull:
            head += f"<p><code>{e(row.pull.base_ref)}</code> ← <code>{e(row.pull.head_ref)}</code></p>"
        head += self._hand(row)
        first = self._box(row.author, stamp(row.created_at) or "", row.body or "_No description._", "")
        comments = "".join(self._comment(c) for c in self.hub.world.comments if c.number == row.number)
        tail = self._reviews(row) + self._checks(row) + self._files(row) if row.pull else ""
        return self.frame(row.title, head + first + comments + tail)

    def _hand(self, row: Issue) -> str:
        """A button that labels an issue, where nobody else plays the people."""
        if self.hub.world.config.registered or row.pull or "otto" in row.labels:
            return ""
        return "<form method='post'><button name='label' value='otto'>Put the label otto on</button></form>"

    async def labelled(self, request: Request) -> Response:
        """The maintainer pressed it."""
        row = self.hub.world.issue(request.path_params["number"])
        if row is None or row.pull is not None or self.hub.world.config.registered:
            return self.missing()
        issue_changes.add_labels(self.hub.world, self.hub.world.config.maintainer, row, ["otto"])
        return RedirectResponse(f"{self.root}/issues/{row.number}", 303)

    def _comment(self, row: Comment) -> str:
        edits = f" · edited {row.edits}×" if row.edits else ""
        emojis = " ".join(e(r.content) for r in row.reactions)
        return self._box(row.author, (stamp(row.created_at) or "") + edits, row.body, emojis, f"issuecomment-{row.id}")

    def _box(self, author: str, when: str, body: str, foot: str, anchor: str = "") -> str:
        bot = " <i>bot</i>" if author.endswith("[bot]") else ""
        head = f"<header><b>{e(author)}</b>{bot} <small>{e(when)}</small></header>"
        emojis = f"<footer>{foot}</footer>" if foot else ""
        return f'<article id="{e(anchor)}">{head}<div class="md">{render(body)}</div>{emojis}</article>'

    def _reviews(self, row: Issue) -> str:
        boxes = "".join(
            self._box(r.author, f"{r.state} {stamp(r.submitted_at)}", r.body or "_No text._", "")
            for r in self.hub.world.reviews if r.number == row.number
        )  # fmt: skip
        lines = "".join(
            self._box(c.author, f"{c.path}:{c.line}", c.body, "")
            for c in self.hub.world.review_comments if c.number == row.number
        )  # fmt: skip
        return f"<h2>Reviews</h2>{boxes}{lines}" if boxes or lines else ""

    def _checks(self, row: Issue) -> str:
        sha = pull_shapes.part(row).head_sha
        items = "".join(self._check_line(c) for c in self.hub.world.checks if c.head_sha == sha)
        return f"<h2>Checks <small>{sha[:10]}</small></h2><ul class='rows'>{items or '<li>none</li>'}</ul>"

    def _check_line(self, row: CheckRun) -> str:
        word = row.conclusion or row.status
        title = f" — {e(str(row.output['title']))}" if row.output.get("title") else ""
        link = f'<a href="{e(self.root)}/runs/{row.id}">{e(row.name)}</a> <small>{e(word)}</small>'
        return f'<li><span class="sign {e(word)}">{SIGNS.get(word, "●")}</span> {link}{title}</li>'

    def _files(self, row: Issue) -> str:
        parts = []
        for change in pull_shapes.files(self.hub.world, row):
            lines = "".join(_diff_line(line) for line in change.get("patch", "binary or large").split("\n"))
            counts = f"{change['status']} +{change['additions']} −{change['deletions']}"
            name = f"{e(change['filename'])} <small>{counts}</small>"
            parts.append(f"<details open><summary>{name}</summary><pre class='diff'>{lines}</pre></details>")
        return f"<h2>Files changed ({len(parts)})</h2>{''.join(parts)}"

    async def check(self, request: Request) -> Response:
        """A check run: summary, text, annotations; of an Actions job the log."""
        found = [row for row in self.hub.world.checks if row.id == request.path_params["id"]]
        if not found:
            return self.missing()
        row, output = found[0], found[0].output
        body = f"<h1>{e(row.name)} <small>{e(row.conclusion or row.status)}</small></h1>"
        body += f"<p>on <code>{row.head_sha[:10]}</code></p>"
        if output.get("title"):
            body += f"<h2>{e(str(output['title']))}</h2>"
        body += "".join(f'<div class="md">{render(str(output[k]))}</div>' for k in ("summary", "text") if output.get(k))
        notes = "".join(
            f"<li><code>{e(str(a.get('path')))}:{a.get('start_line')}</code> {e(str(a.get('annotation_level')))}: "
            f"{e(str(a.get('message')))}</li>"
            for a in row.annotations
        )
        body += f"<h2>Annotations</h2><ul>{notes}</ul>" if notes else ""
        buttons = "".join(f"<span class='button'>{e(str(b.get('label')))}</span> " for b in row.actions)
        return self.frame(row.name, body + (f"<p>{buttons}</p>" if buttons else "") + self._log_of_check(row.id))

    def _log_of_check(self, check_id: int) -> str:
        if self.hub.actions is None:
            return ""
        for run in self.hub.actions.runs():
            for job in self.hub.actions.jobs(run.id):
                if job.check_run_id == check_id:
                    return self._log(job.id)
        return ""

    def _log(self, job_id: int) -> str:
        if self.hub.actions is None:
            return ""
        try:
            text = self.hub.actions.log(job_id).decode("utf-8-sig", errors="replace")
        except ActionsError:
            return "<p>No log yet.</p>"
        cut = "" if len(text) <= MAX_LOG_CHARS else "<p>The log is cut here.</p>"
        lines = "".join(_log_line(line) for line in text[:MAX_LOG_CHARS].splitlines())
        return f"<h2>Log</h2><pre class='log'>{lines}</pre>{cut}"

    async def actions(self, _request: Request) -> Response:
        """Workflow runs, newest first."""
        rows = self.hub.actions.runs() if self.hub.actions else ()
        items = "".join(
            f'<li><span class="sign {e(r.conclusion or r.status)}">{SIGNS.get(r.conclusion or "", "●")}</span> '
            f'<a href="{e(self.root)}/actions/runs/{r.id}">{e(r.name)} #{r.run_number}</a> <small>{e(r.event)} · '
            f"{e(r.head_branch)} · {e(r.conclusion or r.status)}</small></li>"
            for r in rows
        )
        return self.frame("Actions", f"<h2>Workflow runs</h2><ul class='rows'>{items or '<li>none</li>'}</ul>")

    async def run(self, request: Request) -> Response:
        """One run with its jobs."""
        if self.hub.actions is None:
            return self.missing()
        try:
            run = self.hub.actions.run(request.path_params["run"])
            jobs = self.hub.actions.jobs(run.id)
        except ActionsError:
            return self.missing()
        items = "".join(
            f'<li><span class="sign {e(j.conclusion or j.status)}">{SIGNS.get(j.conclusion or "", "●")}</span> '
            f'<a href="{e(self.root)}/actions/runs/{run.id}/job/{j.id}">{e(j.name)}</a> '
            f"<small>{e(j.conclusion or j.status)}</small></li>"
            for j in jobs
        )
        head = f"<h1>{e(run.name)} <small>#{run.run_number} attempt {run.run_attempt}</small></h1>"
        error = f"<p class='problem'>{e(run.error)}</p>" if run.error else ""
        return self.frame(run.name, f"{head}{error}<ul class='rows'>{items}</ul>")

    async def job(self, request: Request) -> Response:
        """One job's steps and log."""
        if self.hub.actions is None:
            return self.missing()
        try:
            job = self.hub.actions.job(request.path_params["job"])
        except ActionsError:
            return self.missing()
        steps = "".join(f"<li>{e(s.name)} <small>{e(s.conclusion or s.status)}</small></li>" for s in job.steps)
        head = f"<h1>{e(job.name)} <small>{e(job.conclusion or job.status)}</small></h1>"
        return self.frame(job.name, f"{head}<ol>{steps}</ol>{self._log(job.id)}")

    async def artifact(self, request: Request) -> Response:
        """What a run uploaded, to be saved."""
        number = request.path_params["artifact"]
        try:
            found = self.hub.actions.artifacts(request.path_params["run"]) if self.hub.actions else ()
            if self.hub.actions is None or number not in {row.id for row in found}:
                return self.missing()
            return Response(self.hub.actions.artifact_zip(number), media_type="application/zip")
        except ActionsError:
            return self.missing()


def _diff_line(line: str) -> str:
    kind = {"+": "add", "-": "del", "@": "hunk"}.get(line[:1], "")
    return f'<span class="{kind}">{e(line)}</span>\n'


def _log_line(line: str) -> str:
    kind = "error" if "##[error]" in line else "group" if "##[group]" in line else ""
    return f'<span class="{kind}">{e(line)}</span>\n'
