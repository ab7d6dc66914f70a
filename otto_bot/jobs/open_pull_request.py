"""The run branch with its first commits, and the draft pull request: the baseline of everything later.

The first commit is empty. Where the repository has no source yet, or `plan.files` says so, a second one writes down
what is built.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from otto_bot.core.effects import Effect
from otto_bot.core.events import PullRequestOpened, RunEvent
from otto_bot.core.run import Run
from otto_bot.core.source_files import has_source
from otto_bot.git.adding import with_files
from otto_bot.git.commits import Author, parents_of, tree_of, write_commit
from otto_bot.git.diff_gate import Looked, inspect
from otto_bot.git.mirror import Mirror
from otto_bot.jobs.beginning import beginning
from otto_bot.jobs.context import Context
from otto_bot.jobs.dispatching import dispatch_if_needed
from otto_bot.jobs.drafts import open_pull
from otto_bot.jobs.gated_push import gated_push
from otto_bot.jobs.starting_ci import check_start
from otto_bot.store.effect_rows import Ticket
from otto_bot.text.commits import empty_commit, spec_commit
from otto_bot.text.pull import open_title, pull_body, pull_title
from otto_bot.text.spec import spec_files

TEMPLATES = (".github/pull_request_template.md", ".github/PULL_REQUEST_TEMPLATE.md", "pull_request_template.md")


async def open_pull_request(context: Context, run: Run, _effect: Effect, ticket: Ticket) -> Sequence[RunEvent]:
    """PullRequestOpened. The commits have a fixed author and time, so that a second try makes the same ones.

    Nothing where the plan's approval was taken back meanwhile: the issue was edited, or another plan asked for.
    """
    mirror = await context.mirror(run)
    author = await context.author()
    start = await beginning(context, run, mirror)
    tree = await tree_of(mirror, start)
    habits = await context.habits(run)
    first = await write_commit(
        mirror, tree, [start], context.redactor.text(empty_commit(run, habits)), author=author, when=run.started_at
    )
    head = await mirror.remote_head(f"refs/heads/{run.run_branch}")
    if head is None or await _ours(mirror, first, head, author):
        sha, tree = await _with_spec(context, run, mirror, head or first, tree, habits)
    else:
        sha, tree = head, await tree_of(mirror, head)  # it stands as people, or a life that is lost, have left it
    if head != sha:
        sha = (await gated_push(context, run, mirror, sha, run.run_branch, head, known=(start,))).sha
    else:
        await check_start(context, run, mirror, sha)  # the pull request itself starts workflows, too
    title = pull_title(run, habits)
    body = pull_body(run, context.links(run), await _template(context, run))
    if not await context.still_wanted(ticket):
        return []
    pull = await open_pull(context, run, run.run_branch, body, draft=title, ready=open_title(title, habits))
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


async def _ours(mirror: Mirror, first: str, head: str, author: Author) -> bool:
    """Whether the branch holds nothing but what an earlier try, maybe of an earlier plan, has put there."""
    if head == first:
        return True
    await mirror.fetch(head)
    since = await _as_it_stands(mirror, first, head)
    if since is None:
        return False
    ran = await mirror.git("log", "--format=%ae", f"{since}..{head}", ok=(0, 128))
    return set(ran.stdout.decode("utf-8", "replace").split("\n")) <= {author.email, ""}


async def _as_it_stands(mirror: Mirror, first: str, head: str) -> str | None:
    """The first commit as the branch has it: itself, or what GitHub made of it to sign it; None = neither."""
    above = await mirror.git("merge-base", "--is-ancestor", first, head, ok=(0, 1, 128))
    if above.exit_code == 0:
        return first
    parents = await parents_of(mirror, first)
    ran = await mirror.git("rev-list", "--first-parent", "--reverse", head, *(f"^{one}" for one in parents))
    oldest = next(iter(ran.text.split()), "")
    if not oldest or await parents_of(mirror, oldest) != parents:
        return None
    return oldest if await tree_of(mirror, oldest) == await tree_of(mirror, first) else None


async def _with_spec(
    context: Context, run: Run, mirror: Mirror, parent: str, tree: str, habits: Sequence[str]
) -> tuple[str, str]:
    """Commit and tree with the product spec and the trade-offs as files; `parent` itself where it is so already.

    What the gate before each push would refuse (protected paths, secrets) is not added: the plan comment has it all.
    """
    reading = context.reading(mirror)
    files = {name: context.redactor.text(text) for name, text in spec_files(run).items()}
    full = tree
    added: tuple[str, ...] = ()
    if files and _wanted(run, await asyncio.to_thread(reading.files, run.base_sha)):
        full, added = await with_files(mirror, tree, files)
        changes = await asyncio.to_thread(reading.diff, tree, full)
        looked = Looked(knows=context.redactor.knows)
        if inspect(changes, protected=run.config.paths.protected, looked=looked):
            full, added = tree, ()
    if full == await tree_of(mirror, parent):
        return parent, full
    message, author = context.redactor.text(spec_commit(run, added, habits)), await context.author()
    return await write_commit(mirror, full, [parent], message, author=author, when=run.started_at), full


def _wanted(run: Run, paths: Sequence[str]) -> bool:
    if run.config.plan.files == "auto":
        return not has_source(paths)
    return run.config.plan.files == "always"


async def _template(context: Context, run: Run) -> str | None:
    for path in TEMPLATES:
        body = await context.repository(run).file(path, run.base_sha)
        if body is not None:
            return body.decode("utf-8", "replace")[:10_000]
    return None
