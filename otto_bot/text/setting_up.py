"""What `otto-bot setup` says on the terminal: what happens, what is wrong, and the next step."""

from __future__ import annotations

from collections.abc import Sequence

NO_CODE = "there is no code in what came back from GitHub; begin again with the button of the page"
USED_TWICE = "this code was used already, and GitHub takes each once; nothing was changed"
EXPIRED = (
    "GitHub does not know this code any more: it is good for one hour after the App was created. The App is there "
    "without its key: delete it on GitHub (Settings, Developer settings, GitHub Apps), and run `otto-bot setup` again"
)
UNKNOWN_CODE = (
    "GitHub does not know this code: it was used already, or an hour has passed since the App was created. If an App "
    "was created, delete it on GitHub (Settings, Developer settings, GitHub Apps), and run `otto-bot setup` again"
)
WRONG_STATE = (
    "what came back does not belong to this set-up: its state is another one. Nothing was taken over. If you did press "
    "the button of this page, press it once more; if not, another page tried to give you an App of its own"
)
NO_STATE = "paste the whole address, as the browser shows it: with its code and its state"
WAITING = "Waiting for the App to be created; Ctrl-C ends it, and `otto-bot setup` begins again."
HOUR_OVER = "An hour is over and no App was created. Run `otto-bot setup` again."
LOOKING = "Looking whether it is installed; Ctrl-C ends this, and `otto-bot setup` goes on from here."
NO_DISPLAY = "There is no browser on this machine, so this goes on as with --headless."
ENTER = "Make room, then press Enter: "
PASTE = "The address that the browser shows then: "
TWICE = "give --app-id and --private-key-file together"


def not_reached(api: str, why: str) -> str:
    """The request never left."""
    return f"{api} cannot be reached ({why}); the code is still good: see to the network, and reload this page"


def no_answer(web: str, why: str) -> str:
    """Nobody knows whether the code was used."""
    return (
        f"GitHub did not answer ({why}), and may have used the code: its answer, with the App's key, was given once. "
        f"Delete the App at {web}/settings/apps (or in the organisation's settings), and run `otto-bot setup` again; "
        "or generate a private key there and give it with --app-id and --private-key-file"
    )


def refused(status: int) -> str:
    """Another answer than GitHub's documentation has."""
    return f"GitHub refused the code with status {status}; try again in a minute, within the hour"


def unreadable(fields: str) -> str:
    """The answer is not as it should be."""
    return f"GitHub's answer cannot be used: {fields}. Is this address GitHub?"


def not_written(path: str, why: str) -> str:
    """A folder or file that takes nothing."""
    return f"{path} cannot be written: {why}. Give another folder with --state-dir, or make room"


def not_kept(path: str, why: str) -> str:
    """After GitHub's answer: it is in memory, and nowhere else."""
    return (
        f"The App exists, and its key could not be written below {path}: {why}. Make room there, then reload this "
        "page: the key is kept in memory until then. Do not end `otto-bot setup`"
    )


def no_folder(path: str) -> str:
    """Something else stands there."""
    return f"{path} is no folder of its own; take it away, or give another one with --state-dir"


def not_ours(path: str) -> str:
    """Another user could read what is put there."""
    return f"{path} belongs to another user; give another folder with --state-dir"


def a_link(path: str) -> str:
    """It would be replaced by a file, or lead elsewhere."""
    return f"{path} is a link; put a file in its place, or call `otto-bot setup` in another folder"


def torn(path: str) -> str:
    """The answer of an earlier set-up is damaged."""
    return f"{path} is damaged. It may hold the only key of an App: keep it, move it away, and run this again"


def another_app(path: str, number: str) -> str:
    """Two Apps cannot be set up in one file."""
    return (
        f"{path} sets up the App {number}. It is left as it is: for another App call `otto-bot setup` in "
        "another folder, with another --state-dir"
    )


def heading(name: str) -> str:
    """The comment above our lines in `.env`."""
    return f"The GitHub App {' '.join(name.split())}, by `otto-bot setup`. Secrets are in the files named here."


def opened(url: str) -> str:
    """Where to go on."""
    return f"Open this page, on this machine (it works once):\n\n  {url}\n"


def headless(form: str, link: str, here: str) -> Sequence[str]:
    """What to do without a browser here."""
    return (
        "There is no page here; it takes a browser on another machine:",
        f'  1. Copy {form} there (scp), open it, press its button, and on GitHub\'s page "Create GitHub App".',
        f"  2. The browser then shows that {here} cannot be reached: that is right. Copy the whole address.",
        "  3. Paste it here, within an hour.",
        "(With `ssh -L PORT:127.0.0.1:PORT` the page of `otto-bot setup --port PORT` works as well.",
        "By hand: register the App with the form that GitHub has filled in at",
        f"  {link}",
        "and then run `otto-bot setup --app-id N --private-key-file FILE`.)",
    )


def here_already(name: str, number: int, folder: str) -> str:
    """What an earlier call has left."""
    return f"The App {name} ({number}) is registered; its secrets are in {folder}."


def goes_on(name: str) -> str:
    """An earlier call was cut off."""
    return f"An earlier set-up of the App {name} was cut off; it goes on from GitHub's answer."


def created(name: str, number: int, folder: str, env: str) -> str:
    """It is there and kept."""
    return f"The App {name} ({number}) is registered. Its secrets are in {folder}, its settings in {env}."


def install(url: str) -> str:
    """The step that GitHub wants a person for."""
    return f"Install it on the repositories that it may work in:\n\n  {url}\n"


def installed(accounts: Sequence[str]) -> str:
    """Where it is."""
    return f"Installed for {', '.join(accounts)}."


def not_asked(why: str) -> str:
    """Installations could not be listed."""
    return f"Where it is installed could not be asked: {why}"


def next_steps(*, polls: bool, model: bool) -> Sequence[str]:
    """What to type now. `model`: whether a model's key is known."""
    key = "" if model else "Set ANTHROPIC_API_KEY (or ANTHROPIC_API_KEY_FILE, in .env too), then:\n"
    how = "asks GitHub every 15 seconds; nothing needs to reach this machine" if polls else "receives webhooks"
    return (
        f"{key}  otto-bot serve        # {how}",
        "and put the label `otto` on a small issue.",
    )


def wrong_key(number: int, web: str) -> str:
    """GitHub does not accept what this key signs."""
    return f"{web} does not accept this key for the App {number}: take both from the same App's settings page"


def unchecked(why: str) -> str:
    """Written without a look."""
    return f"The settings are written; whether the key fits could not be asked: {why}"


def written(number: int, env: str) -> str:
    """By hand."""
    return f"The settings of the App {number} are in {env}."


def no_port(port: int, why: str) -> str:
    """The page cannot listen there."""
    return f"127.0.0.1:{port} cannot be used: {why}. Give another one with --port"


def by_hand(number: int, env: str) -> str:
    """An earlier call, or a person, has written it."""
    return f"{env} sets up the App {number}, which was registered by hand; its settings can be used."
