"""An App that somebody registered by hand: its settings are checked and written, nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from otto_bot.environment.forms import secret
from otto_bot.github.errors import GitHubError
from otto_bot.setting_up.asking import Asking
from otto_bot.setting_up.faults import SetupError
from otto_bot.setting_up.kept import Keeper, addresses
from otto_bot.setting_up.wizard import Wish
from otto_bot.text import setting_up as words


async def by_hand(
    wish: Wish,
    keeper: Keeper,
    app_id: int,
    key_file: Path,
    hook_file: Path | None,
    say: Callable[[str], None],
    now: Callable[[], datetime],
) -> int:
    """Files are named as the settings shall name them. Exit code: 0 checked and written, 1 written and not checked.

    Raises SetupError; then nothing is written.
    """
    keeper.check()
    problem = ""
    try:
        key = secret({"OTTO_PRIVATE_KEY_FILE": str(key_file)}, "OTTO_PRIVATE_KEY") or ""
        slug = await Asking(wish.there, app_id, key, now).slug()
    except GitHubError as error:
        slug, problem = f"app {app_id}", str(error)
    values = {
        "OTTO_APP_ID": str(app_id),
        "OTTO_PRIVATE_KEY_FILE": str(key_file),
        **addresses(wish.there),
        "OTTO_STATE_DIR": str(keeper.state_dir),
    }
    if hook_file is not None:
        values["OTTO_WEBHOOK_SECRET_FILE"] = str(hook_file)
    else:
        values |= {"OTTO_POLL": "true", "OTTO_PAGES": "local"}
    try:
        keeper.write_env(values, slug)
    except OSError as error:
        raise SetupError(words.not_written(str(keeper.env_file), error.strerror or "")) from None
    say(words.unchecked(problem) if problem else words.written(app_id, str(keeper.env_file)))
    for line in words.next_steps(polls=hook_file is None, model=False):
        say(line)
    return 1 if problem else 0
