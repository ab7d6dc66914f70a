"""What the way in says: why somebody must log in, why it did not work, and what to do. Titles and advice."""

from __future__ import annotations

Words = tuple[str, str]

LOG_IN = "Log in with GitHub"
LOG_OUT = "Log out"
AGAIN = "Try to log in again"
HOME = "To the list of runs"
RELOAD = "Ask again"
NEEDED: Words = (
    "Log in to see these pages",
    (
        "Otto shows its runs only to people whom GitHub lets read the repository. Log in with your GitHub account: "
        "Otto learns who you are and which of its repositories you may read, and keeps nothing of it here."
    ),
)
TO_ACT: Words = (
    "Log in to do this",
    (
        "Reading needs no login on this machine, acting does: Otto does it only for people who may write to the "
        "repository, and GitHub says who may. Log in, then press the button again."
    ),
)
NO_LOGIN: Words = (
    "Nobody can act here yet",
    (
        "This host has no login: whoever runs it sets OTTO_CLIENT_ID and OTTO_CLIENT_SECRET (docs/configure.md). Until "
        "then every command can be given as a comment on the issue or the pull request."
    ),
)
OFF: Words = (
    "There are no pages here",
    (
        "Whoever runs this host has switched them off (OTTO_PAGES=off). What Otto does stands on the issue and on its "
        "pull request."
    ),
)
OTHER_HOST: Words = (
    "This is not the address of these pages",
    (
        "People log in at the address of OTTO_PUBLIC_URL, and only there: open that one. If you did, the proxy before "
        "Otto changes the Host header: let it pass the one that the browser sent."
    ),
)
NO_PUBLIC: Words = (
    "These pages have no address yet",
    (
        "Without OTTO_PUBLIC_URL people can log in only on the machine that Otto runs on, with no proxy between. "
        "Whoever runs this host sets it to the address that you opened."
    ),
)
FORM_OLD: Words = (
    "Nothing was done: this form is not of your session",
    (
        "You may have logged in or out in another tab since the page was loaded. Go back, reload the page, and press "
        "the button again."
    ),
)
FOREIGN: Words = (
    "Nothing was done: this did not come from Otto's own pages",
    "Another site sent your browser here. If you meant to do it, open the page in Otto and press the button there.",
)
DENIED: Words = (
    "You did not log in",
    "GitHub says that you cancelled it, or did not allow it. Nothing is changed; you can try again at any time.",
)
STATE: Words = (
    "This login was not begun here, or took too long",
    (
        "A login must end within ten minutes, in the browser and at the address where it began, and each works once. "
        "Begin it again here."
    ),
)
USED: Words = (
    "GitHub does not take this login any more",
    "Its code works once and for ten minutes: reloading the page or going back uses it twice. Begin again.",
)
CLIENT: Words = (
    "GitHub does not know this host's client",
    (
        "Whoever runs this host compares OTTO_CLIENT_ID and OTTO_CLIENT_SECRET with the App's settings on GitHub; a "
        "secret that was deleted there must be made anew."
    ),
)
REDIRECT: Words = (
    "GitHub does not lead back to this address",
    "Whoever runs this host adds {uri} to the callback URLs in the App's settings on GitHub.",
)
SUSPENDED: Words = (
    "GitHub has suspended this App",
    (
        "Nobody can log in until its owner has settled that with GitHub. Runs that are at work say on their issue what "
        "they wait for."
    ),
)
OTHER_ERROR: Words = (
    "GitHub ended this login",
    "It gave the reason {reason}. Begin again; if that does not help, ask whoever runs this host.",
)
BAD_TOKEN: Words = (
    "This token lets nobody in",
    "Send a living token of this GitHub App's user authorisation: it begins with ghu_.",
)
NO_GITHUB: Words = (
    "GitHub does not answer now",
    (
        "Who may see what is asked there, and nothing is shown without an answer. Reload in a minute; "
        "https://www.githubstatus.com says whether it is known."
    ),
)
TOO_MANY: Words = (
    "There are too many repositories",
    (
        "GitHub lists more repositories for you than these pages can compare. What Otto does stands on the issues and "
        "pull requests; tell whoever runs this host."
    ),
)
ENDED: Words = (
    "You are logged out",
    "Your session is over, or its access was revoked on GitHub. Log in again to go on.",
)
TOO_LONG: Words = (
    "This login does not fit into a cookie",
    "GitHub's tokens are longer than browsers keep. Please report it to whoever runs this host.",
)
