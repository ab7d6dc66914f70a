"""Attacks through git: what a repository and its names hold runs nothing on the host and reads nothing of it."""

from __future__ import annotations

import contextlib
from pathlib import Path

from git_scene import (
    REFUSED,
    bare_remote,
    blob,
    git,
    local,
    made,
    nobody,
    replaced,
    runner,
    unconfigured,
)
from security_registry import attack, defence

from otto_bot.bench.simulate.planting import Change
from otto_bot.git import mirror as mirrors
from otto_bot.git.mirror import Mirror
from otto_bot.git.publish import push
from otto_bot.git.reading import Reading
from otto_bot.git.runner import GitRunner
from otto_bot.git.workspace import Workspace

PLAIN_REMOTE = defence(
    "plain-remote",
    "git is given no remote but an http(s) URL of plain names, in which nothing is decoded, resolved or hidden",
    Change("otto_bot.git.credentials", "checked_remote", "    # First, and", "    return url\n    # First, and"),
)

PROTOCOLS = defence(
    "http-alone",
    "git speaks https and http and no other protocol, whatever a remote, a submodule or a redirect names",
    Change("otto_bot.git.runner", "GitRunner.__init__", '":".join(protocols)', '"ext:file:https:http"'),
)

FULL_IDS = defence(
    "full-ids",
    "What is handed to git as a commit is a full object id: no name and no option ever stands in its place",
    Change("otto_bot.git.commits", "checked_sha", "if not is_sha(text):", "if False:"),
)

PLAIN_REFS = defence(
    "plain-refs",
    "A branch whose name begins with a dash, climbs, or has letters that nobody sees is not given to git",
    Change("otto_bot.git.refs", "checked_ref", 'if not ref.startswith("refs/")', "return ref\n    if not ref"),
)

OWN_LETTERS = defence(
    "own-branches-in-ascii",
    "A branch of Otto's has plain letters only: it cannot pass for another one, nor another one for it",
    Change("otto_bot.git.refs", "own_ref", "if not ref.isascii():", "if False:"),
)

END_OF_OPTIONS = defence(
    "end-of-options",
    "Names that come from outside stand behind `--` on git's command line",
    Change("otto_bot.git.mirror", "Mirror.remote", '*options, "--", self', "*options, self"),
)

WHOLE_OBJECTS = defence(
    "whole-objects",
    "What a remote sends is checked before any of it is kept: no submodule that climbs, no folder named .git",
    lambda: unconfigured("transfer.fsckObjects"),
)

OWN_GIT = defence(
    "own-git",
    "Otto's git never reads a .git that code in the workspace could write to",
    Change(
        "otto_bot.git.workspace",
        "Workspace._git",
        "str(self._mirror.path)",
        'str(self.path / ".git" if (self.path / ".git").exists() else self._mirror.path)',
    ),
)

NO_HOST_CONFIG = defence(
    "no-host-config",
    "git knows neither the host's configuration nor its home: no filter, helper or hook of either is started",
    Change("otto_bot.git.runner", "GitRunner.__init__", '"GIT_CONFIG_GLOBAL": "/dev/null",', ""),
)

NO_FILTERS = defence(
    "no-filters",
    "Files go in and out of git byte for byte: attributes of a repository start no filter and convert nothing",
    lambda: replaced(mirrors, "_ATTRIBUTES", "\n"),
)


@attack("line-end-in-a-remote", point=5, by=PLAIN_REMOTE, source="CVE-2020-5260, CVE-2024-50349, CVE-2024-52006")
def line_end_in_a_remote(place: Path) -> str | None:
    """An owner's name holds a line end, which git hands on to whoever keeps credentials as a second host."""
    with contextlib.suppress(*REFUSED):
        url = Mirror(place / "m.git", "https://github.com/o\nhost=evil.example/r.git", nobody, runner(place)).url
        return url if "\nhost=" in url else None
    return None


@attack("climbing-owner", point=5, by=PLAIN_REMOTE, source="own: servers decode and resolve paths, git does not")
def climbing_owner(place: Path) -> str | None:
    """An owner called `%2e%2e` leads to the repository of another owner, with the token of this one."""
    with contextlib.suppress(*REFUSED):
        return Mirror(place / "m.git", "https://github.com/me/%2e%2e/victim/r.git", nobody, runner(place)).url
    return None


@attack(
    "host-behind-an-at", point=5, by=PLAIN_REMOTE, source="https://datatracker.ietf.org/doc/html/rfc3986#section-7.6"
)
def host_behind_an_at(place: Path) -> str | None:
    """A remote reads like GitHub and names another host behind an `@`, or with a letter of another alphabet."""
    for url in ("https://github.com@evil.example/o/r.git", "https://g\u0456thub.com/o/r.git"):
        with contextlib.suppress(*REFUSED):
            return Mirror(place / "m.git", url, nobody, runner(place)).url
    return None


@attack(
    "command-as-a-remote", point=5, by=(PLAIN_REMOTE, PROTOCOLS), source="CVE-2022-24439, CVE-2023-40267 (GitPython)"
)
async def command_as_a_remote(place: Path) -> str | None:
    """A remote is `ext::sh -c …`, which git runs as a command."""
    place.joinpath("x").mkdir()
    with contextlib.suppress(*REFUSED):
        await Mirror(place / "m.git", f"ext::sh -c touch% {place}/x/ran", nobody, runner(place)).fetch("refs/heads/x")
    return made(place / "x" / "ran")


@attack("neighbour-as-a-remote", point=5, slow=True, by=(PLAIN_REMOTE, PROTOCOLS), source="CVE-2022-39253")
async def neighbour_as_a_remote(place: Path) -> str | None:
    """A remote is a path on the host's disk: the mirror of somebody else's private repository."""
    private, commit = bare_remote(place)
    with contextlib.suppress(*REFUSED):
        got = await Mirror(place / "m.git", str(private), nobody, runner(place)).fetch("refs/heads/main")
        return "a private commit" if got == {"refs/heads/main": commit} else None
    return None


@attack("option-as-a-commit", point=5, by=FULL_IDS, source="GHSA-v396-v7q4-x2qj, GHSA-6p8h-3wgx-97gf (GitPython)")
def option_as_a_commit(place: Path) -> str | None:
    """A commit to compare is `--output=FILE`: git overwrites a file of the host."""
    remote, commit = bare_remote(place)
    target = place / "overwritten"
    with contextlib.suppress(*REFUSED, LookupError):
        Reading(remote, runner(place).environment()).diff(f"--output={target}", commit)
    return "a file of the host" if target.exists() else None


@attack("option-as-a-remote", point=5, by=(PLAIN_REMOTE, END_OF_OPTIONS), source="CVE-2018-17456, CVE-2017-1000117")
async def option_as_a_remote(place: Path) -> str | None:
    """A remote is `--upload-pack=COMMAND`, which git starts instead of asking anybody."""
    runner = GitRunner(place / "home", protocols=("file",))
    with contextlib.suppress(*REFUSED):
        await Mirror(place / "m.git", f"--upload-pack=touch {place}/ran;", nobody, runner).remote_head("refs/heads/x")
    return made(place / "ran")


@attack(
    "branch-that-looks-like-another",
    point=5,
    slow=True,
    by=OWN_LETTERS,
    source="CVE-2021-42574 (Trojan Source), CVE-2021-42694",
)
async def branch_that_looks_like_another(place: Path) -> str | None:
    """A title makes Otto push a branch whose name only looks like the one that people reviewed."""
    remote, commit = bare_remote(place)
    mirror = local(place, remote)
    await mirror.fetch("refs/heads/main")
    with contextlib.suppress(*REFUSED):
        pushed = await push(mirror, commit, "otto/7-r\u0435lease", None, within="otto/")
        return pushed.branch
    return None


@attack("invisible-letters-in-a-branch", point=5, slow=True, by=PLAIN_REFS, source="CVE-2021-42574 (Trojan Source)")
async def invisible_letters_in_a_branch(place: Path) -> str | None:
    """A base branch is called `main` with a letter that nobody sees, so that people approve another one."""
    remote, commit = bare_remote(place)
    name = "refs/heads/main\u2060"
    git("update-ref", name, commit, cwd=remote)
    with contextlib.suppress(*REFUSED):
        return next(iter(await local(place, remote).fetch(name)))
    return None


@attack("submodule-that-climbs", point=5, by=WHOLE_OBJECTS, source="CVE-2018-11235, CVE-2024-32002, CVE-2025-48384")
async def submodule_that_climbs(place: Path) -> str | None:
    """A submodule is named `../../hooks`: whoever clones with it writes hooks, which git then runs."""
    remote, _ = bare_remote(place)
    modules = blob(remote, '[submodule "../../hooks"]\n\tpath = x\n\turl = https://evil.example/x.git\n')
    tree = git(
        "mktree", "--missing", cwd=remote, given=f"100644 blob {modules}\t.gitmodules\n160000 commit {'1' * 40}\tx\n"
    )
    git("update-ref", "refs/heads/evil", git("commit-tree", tree, "-m", "x", cwd=remote), cwd=remote)
    with contextlib.suppress(*REFUSED):
        return next(iter(await local(place, remote).fetch("refs/heads/evil")))
    return None


@attack("git-folder-in-a-tree", point=5, slow=True, by=WHOLE_OBJECTS, source="CVE-2014-9390, CVE-2024-32465")
async def git_folder_in_a_tree(place: Path) -> str | None:
    """A commit has a folder `.git` with a configuration that names a command to run."""
    remote, _ = bare_remote(place)
    config = blob(remote, "[core]\n\tfsmonitor = touch /tmp/ran\n")
    inner = git("mktree", cwd=remote, given=f"100644 blob {config}\tconfig\n")
    tree = git("mktree", cwd=remote, given=f"040000 tree {inner}\t.git\n")
    git("update-ref", "refs/heads/evil", git("commit-tree", tree, "-m", "x", cwd=remote), cwd=remote)
    with contextlib.suppress(*REFUSED):
        return next(iter(await local(place, remote).fetch("refs/heads/evil")))
    return None


@attack("filter-planted-in-the-workspace", point=5, slow=True, by=OWN_GIT, source="CVE-2022-24765, GHSA-vm9j-46j9-qvq4")
async def filter_planted_in_the_workspace(place: Path) -> str | None:
    """Code in the cage writes a filter into the workspace's .git/config; Otto's next look at the files runs it."""
    remote, commit = bare_remote(place)
    mirror = local(place, remote)
    await mirror.fetch("refs/heads/main")
    work = await Workspace.open(mirror, commit, place / "work")
    with (work.path / ".git" / "config").open("a") as config:
        config.write(f'[filter "x"]\n\tclean = touch {place}/ran\n')
    (work.path / ".git" / "info" / "attributes").write_text("* filter=x\n")
    (work.path / "file").write_text("x\n")
    with contextlib.suppress(*REFUSED):
        await work.snapshot()
    return made(place / "ran")


@attack(
    "filter-of-the-host",
    point=5,
    slow=True,
    by=(NO_HOST_CONFIG, NO_FILTERS),
    source="CVE-2020-27955, CVE-2021-21300 (Git LFS)",
)
async def filter_of_the_host(place: Path) -> str | None:
    """A repository has its files filtered by what is set up for the host's user, as Git LFS is: a program is started on
    what the repository says."""
    (place / "home").mkdir()
    (place / "home" / ".gitconfig").write_text(f'[filter "lfs"]\n\tsmudge = "touch {place}/ran; cat"\n')
    remote, _ = bare_remote(place)
    files = f"100644 blob {blob(remote, '* filter=lfs')}\t.gitattributes\n100644 blob {blob(remote, 'x')}\tx\n"
    commit = git("commit-tree", git("mktree", cwd=remote, given=files), "-m", "x", cwd=remote)
    git("update-ref", "refs/heads/lfs", commit, cwd=remote)
    mirror = local(place, remote)
    await mirror.fetch("refs/heads/lfs")
    await Workspace.open(mirror, commit, place / "work")
    return made(place / "ran")
