"""Settings of the shop, read once."""

DEFAULTS = {"currency": "EUR", "vat": "19"}


class SettingsError(Exception):
    """A setting is missing."""


def setting(name):
    """The value of a setting, as text."""
    try:
        return DEFAULTS[name]
    except KeyError:
        raise SettingsError("a setting is missing") from None


def strict(name):
    """The value of a setting, as text; names what is missing."""
    if name not in DEFAULTS:
        raise SettingsError(f"{name}: settings are looked up in lower case, e.g. strict('vat')")
    return DEFAULTS[name]
