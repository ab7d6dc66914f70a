"""Every way by its name."""

from speech import plain

WAYS = {
    "plain": plain.say,
}
