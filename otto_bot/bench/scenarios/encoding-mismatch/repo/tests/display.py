"""A display that behaves like the real one."""

_CHARSET, _END = "cp1250", 0x1E
KNOWN = ("Wiślna", "Łąki", "Zajezdnia")


class DisplayError(Exception):
    """The display's refusal."""


class Display:
    def __init__(self):
        self.shown = []

    def show(self, data):
        for number, body in enumerate(data.split(bytes([_END]))[:-1], 1):
            strange = sum(1 for byte in body.decode(_CHARSET, "replace") if not (byte.isalpha() or byte == " "))
            if strange:
                raise DisplayError(f"record {number}: {strange} of {len(body)} bytes no character here, end {_END:#x}")
            self.shown.append(body.decode(_CHARSET))

    def stops(self):
        end = chr(_END)
        return f"{_CHARSET};{len(KNOWN)}\n{end.join(KNOWN)}{end}".encode(_CHARSET)
