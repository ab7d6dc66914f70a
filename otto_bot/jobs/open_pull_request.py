"""The run branch with an empty first commit, and the draft pull request: the baseline of everything later."""

from __future__ import annotations

from collections.abc import Sequence

from otto_bot.core.effects import Effect
from otto_bot.core.events import PullRequestOpened, RunEvent
from otto_bot.core.run import Run
from otto_bot.git.commits import tree_of, write_commit
from otto_bot.git.publish import push
from otto_bot.github.errors import Refused
from otto_bot.jobs.context import Context
from otto_bot.jobs.dispatching import dispatch_if_needed
from otto_bot.store.effect_rows import Ticket
from otto_bot.text.commits import empty_commit
from otto_bot.text.pull import pull_body, pull_title

TEMPLATES = (".github/pull_request_template.md", ".github/PULL_REQUEST_TEMPLATE.md", "pull_request_template.md")


async def open_pull_request(context: Context, run: Run, _effect: Effect, ticket: Ticket) -> Sequence[RunEvent]:
    """PullRequestOpened. The first commit has no files and a fixed time, so that a second try makes the same one.

    Nothing where the plan's approval was taken back meanwhile: the issue was edited, or another plan asked for.
    """
    mirror = await context.mirror(run)
    await mirror.fetch(run.base_sha)
    tree = await tree_of(mirror, run.base_sha)
    sha = await write_commit(
        mirror, tree, [run.base_sha], empty_commit(run), author=await context.author(), when=run.started_at
    )
    head = await mirror.remote_head(f"refs/heads/{run.run_branch}")
    if head is None:
        await push(mirror, sha, run.run_branch, None)
    repository = context.repository(run)
    title = pull_title(run, await context.habits(run))
    body = pull_body(run, context.links(run), await _template(context, run))
    base = run.repo.default_branch
    if not await context.still_wanted(ticket):
        return []
    try:
        pull = await repository.open_pull_request(run.run_branch, base, title, body, draft=True)
    except Refused as error:
        if error.reason != "draft_refused":
            raise
        in_progress = f"[otto: in progress] {title}"
        pull = await repository.open_pull_request(run.run_branch, base, in_progress, body, draft=False)
    dispatched = await dispatch_if_needed(context, run, run.run_branch, sha)
    return [
        PullRequestOpened(
            at=context.now(),
            number=pull.number,
            node_id=pull.node_id,
            head_sha=sha,
            head_tree=tree,
            dispatched_run=dispatched,
        )
    ]


async def _template(context: Context, run: Run) -> str | None:
    for path in TEMPLATES:
        body = await context.repository(run).file(path, run.base_sha)
        if body is not None:
            return body.decode("utf-8", "replace")[:10_000]
    return None
