"""git over HTTP: `git http-backend` behind Basic auth, with GitHub's refusals and what follows a push."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from otto_bot.playground.github import pktline, push_rules
from otto_bot.playground.github.auth import identify_git
from otto_bot.playground.github.changes import pushes
from otto_bot.playground.github.hub import Hub
from otto_bot.playground.github.routing import Actor

SERVICES = {"git-upload-pack": "read", "git-receive-pack": "write"}
CHUNK = 64 * 1024
MAX_HEADER_BYTES = 64 * 1024
PRE_RECEIVE = r"""#!/bin/sh
# Where the repository has rules, they are looked at first: a program of Python.
moves=$(cat)
if [ -e "$PLAYGROUND_DIR/rules" ]; then
  printf '%s\n' "$moves" | "$PLAYGROUND_PYTHON" -S -I "$PLAYGROUND_RULES" || exit 1
fi
# Refuses commits that bring a workflow file no branch has, when the pusher may not write workflows.
[ "$PLAYGROUND_WORKFLOWS" = write ] && exit 0
printf '%s\n' "$moves" |
while read -r old new ref; do
  case "$new" in 0000000000000000000000000000000000000000) continue ;; esac
  for commit in $(git rev-list "$new" --not --all); do
    git diff-tree -c -r --root --no-commit-id --name-only --diff-filter=d "$commit" -- .github/workflows |
    while IFS= read -r path; do
      blob=$(git rev-parse "$commit:$path")
      for head in $(git for-each-ref --format='%(objectname)' refs/heads); do
        [ "$(git rev-parse -q --verify "$head:$path")" = "$blob" ] && continue 2
      done
      printf '%s' "$path" > "$PLAYGROUND_DIR/refused"
      exit 1
    done || exit 1
  done
done || exit 1
exit 0
"""
POST_RECEIVE = """#!/bin/sh
cat >> "$PLAYGROUND_DIR/moved"
"""


def install_hooks(folder: Path) -> None:
    """Writes the repository's hooks into its `hooks` folder."""
    folder.mkdir(exist_ok=True)
    for name, text in (("pre-receive", PRE_RECEIVE), ("post-receive", POST_RECEIVE)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)


@dataclass
class GitHttp:
    """The endpoint `/{owner}/{repo}.git/…`."""

    hub: Hub

    async def __call__(self, request: Request) -> Response:
        """Serves one smart HTTP request."""
        world, rest = self.hub.world, request.path_params["rest"]
        service = request.query_params.get("service") if rest == "info/refs" else rest
        known = f"{request.path_params['owner']}/{request.path_params['repo']}".lower() == world.full_name.lower()
        if service not in SERVICES:
            return PlainTextResponse("Please upgrade your git client.", 403)
        actor = identify_git(world, request.headers.get("authorization"))
        request.scope["playground.actor"] = actor.login if actor else "anonymous"
        if actor is None and (world.config.private or service == "git-receive-pack"):
            return PlainTextResponse(
                "Invalid username or token. Password authentication is not supported for Git operations.",
                401, {"WWW-Authenticate": 'Basic realm="GitHub"'},
            )  # fmt: skip
        old = f"{request.path_params['owner']}/{request.path_params['repo']}".lower() in world.old_names
        if old:
            where = f"{world.html}.git/{rest}" + (f"?{request.url.query}" if request.url.query else "")
            return PlainTextResponse("", 301, {"Location": where})
        person = actor is not None and actor.kind == "user"
        if not known or (world.taken_out and not person):
            return PlainTextResponse("Repository not found.", 404)
        if actor is not None and not person and world.suspended_at is not None:
            return PlainTextResponse(f"Permission to {world.full_name}.git denied to {actor.login}.", 403)
        if world.archived and service == "git-receive-pack":
            return PlainTextResponse("This repository was archived so it is read-only.", 403)
        need = ("contents", "write") if service == "git-receive-pack" else ("contents", "read")
        if actor is not None and not actor.may(need):  # type: ignore[arg-type]
            return PlainTextResponse(f"Permission to {world.full_name}.git denied to {actor.login}.", 403)
        if request.method == "POST" and service == "git-receive-pack":
            assert actor is not None
            return await self._push(request, actor)
        return await self._stream(request, rest)

    def _env(self, request: Request, rest: str, **extra: str) -> dict[str, str]:
        headers, path = request.headers, self.hub.world.repo.path
        env = self.hub.world.repo.env(
            GIT_PROJECT_ROOT=str(path.parent), GIT_HTTP_EXPORT_ALL="1", PATH_INFO=f"/{path.name}/{rest}",
            REQUEST_METHOD=request.method, QUERY_STRING=request.url.query, REMOTE_ADDR="127.0.0.1",
            CONTENT_TYPE=headers.get("content-type", ""), REMOTE_USER=request.scope["playground.actor"], **extra,
        )  # fmt: skip
        optional = {
            "CONTENT_LENGTH": "content-length", "HTTP_CONTENT_ENCODING": "content-encoding",
            "GIT_PROTOCOL": "git-protocol",
        }  # fmt: skip
        return {**env, **{key: headers[name] for key, name in optional.items() if name in headers}}

    async def _start(
        self, request: Request, env: dict[str, str]
    ) -> tuple[asyncio.subprocess.Process, asyncio.Task[None]]:
        process = await asyncio.create_subprocess_exec(
            "git", "http-backend", env=env, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL, limit=MAX_HEADER_BYTES,
        )  # fmt: skip
        return process, asyncio.create_task(_feed(request, process))

    async def _stream(self, request: Request, rest: str) -> Response:
        process, feeding = await self._start(request, self._env(request, rest))
        status, headers = await _cgi_head(process)

        async def body() -> AsyncIterator[bytes]:
            try:
                assert process.stdout is not None
                while chunk := await process.stdout.read(CHUNK):
                    yield chunk
            finally:
                await _end(process, feeding)

        return StreamingResponse(body(), status, headers)

    def _note_rules(self, folder: Path) -> None:
        """What the hook has to know of the repository's rules; nothing where it has none."""
        world = self.hub.world
        rules = [rule.told() for rule in world.config.rules if not rule.bypassed]
        if rules:
            known = {"rules": rules, "default": world.config.default_branch, "html": world.html}
            (folder / "rules").write_text(json.dumps({**known, "signed": sorted(world.repo.signed())}))

    async def _push(self, request: Request, actor: Actor) -> Response:
        with tempfile.TemporaryDirectory(dir=self.hub.world.config.state_dir) as folder:
            allowed = actor.permissions.get("workflows", "none")
            self._note_rules(Path(folder))
            env = self._env(
                request, "git-receive-pack", PLAYGROUND_DIR=folder, PLAYGROUND_WORKFLOWS=allowed,
                PLAYGROUND_PYTHON=sys.executable, PLAYGROUND_RULES=push_rules.__file__,
            )  # fmt: skip
            process, feeding = await self._start(request, env)
            try:
                status, headers = await _cgi_head(process)
                assert process.stdout is not None
                body = await process.stdout.read()
            finally:
                await _end(process, feeding)
            moved, refused = Path(folder) / "moved", Path(folder) / "refused"
            changes = _moved(moved.read_text()) if moved.exists() else []
            reason = refused.read_text() if refused.exists() else None
            declined = (Path(folder) / "declined").exists()
        request.scope["playground.refs"] = [{"ref": ref, "old": old, "new": new} for ref, old, new in changes]
        pushes.pushed(self.hub.world, actor.login, changes)
        if declined:
            body = pktline.replace_reason(body, push_rules.DECLINED)
        elif reason is not None:
            body = pktline.replace_reason(
                body, f"refusing to allow a GitHub App to create or update workflow `{reason}` "
                "without `workflows` permission",
            )  # fmt: skip
        return Response(body, status, headers)


def _moved(text: str) -> list[pushes.RefChange]:
    rows = (line.split(" ", 2) for line in text.splitlines())
    return [(ref, old, new) for old, new, ref in rows]


async def _feed(request: Request, process: asyncio.subprocess.Process) -> None:
    """Hands the request's body to git as it comes in; git may stop reading at any time."""
    assert process.stdin is not None
    try:
        async for chunk in request.stream():
            process.stdin.write(chunk)
            await process.stdin.drain()
    except (BrokenPipeError, ConnectionResetError, ClientDisconnect):
        return
    finally:
        process.stdin.close()


async def _end(process: asyncio.subprocess.Process, feeding: asyncio.Task[None]) -> None:
    feeding.cancel()
    await asyncio.gather(feeding, return_exceptions=True)
    if process.returncode is None and process.stdout is not None and not process.stdout.at_eof():
        process.kill()
    await process.wait()


async def _cgi_head(process: asyncio.subprocess.Process) -> tuple[int, dict[str, str]]:
    assert process.stdout is not None
    try:
        head = await process.stdout.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return 500, {}
    rows = (line.partition(":") for line in head.decode("latin-1").strip().split("\r\n"))
    headers = {name.strip(): value.strip() for name, _, value in rows}
    status = int(headers.pop("Status", "200").split()[0])
    return status, headers
