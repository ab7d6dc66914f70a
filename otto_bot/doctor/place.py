"""What checks of a repository look at: the repository as GitHub shows it to the App, each thing asked once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from otto_bot.core.branch_rules import BranchRule, branches_of
from otto_bot.core.config import Config, ConfigError, read_config
from otto_bot.core.lanes import Lane, Workflow
from otto_bot.core.onboarding import Facts
from otto_bot.core.values import Repo
from otto_bot.doctor.host import Host
from otto_bot.doctor.running import Cannot
from otto_bot.github.ci_models import Installation
from otto_bot.github.ci_models import Workflow as Listed
from otto_bot.github.config_file import read_config_file
from otto_bot.github.errors import Moved, NotFound
from otto_bot.github.models import RepositoryInfo
from otto_bot.github.verbs import Repository
from otto_bot.jobs.onboard import facts_at
from otto_bot.jobs.prepare import lane_for
from otto_bot.jobs.workflow_files import parsed
from otto_bot.text.doctor_host import NOT_FOUND
from otto_bot.text.links import Links

EMPTY = ("the default branch has no commit yet", "See what is said of `installed`.")


@dataclass
class Place:
    """One repository by the name that was given; `login` is whose rights are looked at, or nothing."""

    host: Host
    owner: str
    name: str
    login: str = ""

    async def installation(self) -> Installation:
        """The one that serves it. Raises NotFound, Moved."""
        ask = self.host.github.installation_for
        return await self.host.shared.once("installation", lambda: ask(self.owner, self.name))

    async def info(self) -> RepositoryInfo:
        """The repository. Raises Cannot where the App may not see it."""
        return await self.host.shared.once("info", self._info)

    async def _info(self) -> RepositoryInfo:
        try:
            one = await self.installation()
            return await self.host.github.named(one.id, self.owner, self.name)
        except (NotFound, Moved):
            raise Cannot(NOT_FOUND) from None

    async def repository(self) -> Repository:
        """GitHub's verbs for it."""
        info = await self.info()
        return self.host.github.repository((await self.installation()).id, info.id)

    async def repo(self) -> Repo:
        """As a run would know it."""
        info, one = await self.info(), await self.installation()
        return Repo(
            id=info.id, installation_id=one.id, owner=info.owner, name=info.name, default_branch=info.default_branch
        )

    async def base(self) -> str:
        """The commit of the default branch. Raises Cannot where there is none."""
        info, repository = await self.info(), await self.repository()
        sha = await self.host.shared.once("base", lambda: repository.branch_sha(info.default_branch))
        if sha is None:
            raise Cannot(EMPTY)
        return sha

    async def config(self) -> Config:
        """What holds; the defaults where the file cannot be used, which is said by its own check."""
        try:
            return await self.read()
        except ConfigError:
            return read_config(None, self.host.settings.caps)

    async def read(self) -> Config:
        """The file itself. Raises ConfigError."""
        repository, base = await self.repository(), await self.base()
        caps = self.host.settings.caps
        return await self.host.shared.once("config", lambda: read_config_file(repository, base, caps))

    async def workflows(self) -> Sequence[Workflow]:
        """The workflow files of the default branch."""
        return await self.host.shared.once("workflows", self._workflows)

    async def _workflows(self) -> Sequence[Workflow]:
        repository = await self.repository()
        return await parsed(await repository.workflow_files(await self.base()))

    async def lane(self) -> Lane:
        """How branches of Otto's are verified, as a run would choose it."""
        return await self.host.shared.once("lane", self._lane)

    async def _lane(self) -> Lane:
        config = await self.config()
        return await lane_for(
            await self.repository(), config, await self.workflows(), config.branches.prefix, await self.repo()
        )

    async def facts(self) -> Facts:
        """How it is tested, as its files say."""
        return await self.host.shared.once("facts", self._facts)

    async def _facts(self) -> Facts:
        config, base = await self.config(), await self.base()
        file = config.verify.workflow
        repo = await self.repo()
        names = {"full_name": repo.full_name, "default_branch": repo.default_branch}
        return await facts_at(await self.repository(), base, await self.workflows(), **names, workflow=file)

    async def listed(self) -> Sequence[Listed]:
        """The workflows that GitHub knows, with whether they are disabled."""
        repository = await self.repository()
        return await self.host.shared.once("listed", repository.workflows)

    async def rules(self) -> tuple[BranchRule, ...]:
        """Rules that bind a branch of Otto's."""
        repository, config = await self.repository(), await self.config()
        branch = branches_of(config.branches.prefix, 1, 1)[0]
        return await self.host.shared.once("rules", lambda: repository.binding_rules(branch))

    async def links(self) -> Links:
        """Addresses that people can open."""
        info, settings = await self.info(), self.host.settings
        return Links(settings.web_url, info.owner, info.name, settings.docs_url)
