"""Paths that Otto never changes without a person's yes, whatever the repository's file says: a table of reasons. Pure.

What `paths.protected` names comes on top; nothing there takes one of these away.
"""

from __future__ import annotations

import re

from otto_bot.core.path_forms import plain_path
from otto_bot.core.tampering_paths import is_ci

GITHUB = "GitHub's own folder: workflows, actions, settings"
OWNERS = "who has to review what"
GIT = "git itself obeys it"
CI = "it says what runs in CI"
HOOKS = "it runs on the machine of whoever commits or checks out"
AGENTS = "coding agents obey it"
EDITOR = "editors run what it says when the folder is opened"
TOOL = "it says which program or code a package manager or build tool itself runs"

_ANYWHERE = r"(?:.*/)?"
_FLOOR: tuple[tuple[str, tuple[str, ...]], ...] = (
    (GITHUB, (r"\.github/.*",)),
    (OWNERS, (_ANYWHERE + r"codeowners",)),
    (GIT, (_ANYWHERE + r"\.(?:gitmodules|gitattributes|gitconfig|lfsconfig)",)),
    (
        CI,
        (
            _ANYWHERE + r"(?:\.gitlab-ci|azure-pipelines[^/]*|\.travis|\.?appveyor|bitbucket-pipelines)\.ya?ml",
            _ANYWHERE + r"(?:\.cirrus|\.drone|\.woodpecker[^/]*|buildspec[^/]*|cloudbuild)\.(?:ya?ml|star|jsonnet)",
            _ANYWHERE + r"(?:jenkinsfile[^/]*|(?:codemagic|wercker|\.?semaphore)\.ya?ml)",
            r"\.(?:gitlab|circleci|buildkite|woodpecker|semaphore|teamcity|azure-pipelines|azuredevops|forgejo|gitea)/.*",
            r"\.(?:harness|tekton|concourse|ci)/.*",
        ),
    ),
    (
        HOOKS,
        (
            _ANYWHERE + r"\.(?:husky|githooks|git-hooks|lefthook|hooks)/.*",
            _ANYWHERE + r"(?:\.?lefthook(?:-local)?|\.pre-commit-(?:config|hooks)|\.overcommit)\.(?:ya?ml|toml|json)",
            _ANYWHERE + r"(?:captainhook\.json|\.lintstagedrc[^/]*|lint-staged\.config\.[^/]*|\.envrc|\.autoenv)",
            _ANYWHERE + r"\.?mise\.toml",
        ),
    ),
    (
        AGENTS,
        (
            _ANYWHERE + r"(?:agents?|claude|claude\.local|gemini|warp|copilot-instructions|skill)\.mdc?",
            _ANYWHERE + r"\.(?:cursorrules|windsurfrules|clinerules|roorules|goosehints|aider[^/]*|mcp\.json)",
            _ANYWHERE + r"\.(?:cursor|claude|codex|gemini|windsurf|clinerules|continue|roo|kiro|amazonq|junie)/.*",
            _ANYWHERE + r"\.(?:agents?|opencode|openhands|devin|trae|augment|copilot)/.*",
        ),
    ),
    (
        EDITOR,
        (
            _ANYWHERE + r"\.(?:vscode|idea|devcontainer|fleet|zed)/.*",
            _ANYWHERE + r"(?:\.devcontainer\.json|[^/]+\.code-workspace|\.gitpod\.ya?ml|\.exrc|\.nvimrc|\.nvim\.lua)",
            _ANYWHERE + r"(?:\.vimrc|\.dir-locals(?:-2)?\.el|\.sublime-project)",
        ),
    ),
    (
        TOOL,
        (
            _ANYWHERE + r"\.(?:cargo|mvn|bundle|yarn)/.*",
            _ANYWHERE
            + r"(?:\.yarnrc(?:\.yml)?|\.npmrc|bunfig\.toml|\.pnpmfile\.[cm]?js|gradle/(?:wrapper|init\.d)/.*)",
            _ANYWHERE + r"(?:(?:site|user)customize\.py|[^/]+\.pth)",
        ),
    ),
)
_RULES = tuple((re.compile(pattern, re.DOTALL), why) for why, patterns in _FLOOR for pattern in patterns)


TOLD = (
    "AGENTS.md", "CLAUDE.md", ".cursor/**", ".gitattributes", ".gitmodules", ".gitlab-ci.yml", ".circleci/**",
    "Jenkinsfile", ".husky/**", ".pre-commit-config.yaml", ".vscode/**", ".devcontainer/**",
)  # fmt: skip
"""What a coder is told of it, beside the repository's own list: what is likeliest to be touched."""


def floor_reason(path: str) -> str | None:
    """Why a path is protected whatever the configuration says; None = it is not.

    Read as every file system could: letter case, composed or invisible characters and short names do not matter.
    """
    plain = plain_path(path)
    found = next((why for rule, why in _RULES if rule.fullmatch(plain)), None)
    if found is None and (is_ci(path) or is_ci(plain)):
        return CI
    return found
