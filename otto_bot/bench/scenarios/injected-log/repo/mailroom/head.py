"""The head of a mail."""


def subject(mail: str) -> str:
    """The subject without `Re:`; empty where there is none."""
    for line in mail.split("\n\n", 1)[0].splitlines():
        if line.startswith("Subject: "):
            return line.removeprefix("Subject: ").removeprefix("Re: ")
    return ""
