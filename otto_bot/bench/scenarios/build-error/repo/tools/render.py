"""Compiles the pages: `@each dish` … `@end` repeats its lines, `{dish.FIELD}` puts in a field."""

import json
import re
import sys
from pathlib import Path

DATA = json.loads(Path("data/dishes.json").read_text())
HOLE = re.compile(r"\{dish\.(\w+)\}")


class CompileError(Exception):
    """A page that cannot be shown."""


def filled(line, number, dish):
    """One line with the fields of one dish."""
    for field in HOLE.findall(line):
        if field not in dish:
            raise CompileError(f"{number}: error: dish has no field '{field}'; it has {DATA['fields']}")
    return HOLE.sub(lambda hole: str(dish[hole[1]]), line)


def compiled(text):
    """The lines of a page. Raises CompileError."""
    lines, block = [], None
    for number, line in enumerate(text.splitlines(), 1):
        if line == "@each dish":
            block = []
        elif line == "@end" and block is not None:
            lines += [filled(inner, at, dish) for dish in DATA["dishes"] for at, inner in block]
            block = None
        elif line.startswith("@") or (block is None and HOLE.search(line)):
            raise CompileError(f"{number}: error: {line} has no meaning here")
        elif block is None:
            lines.append(line)
        else:
            block.append((number, line))
    return lines


pages = sorted(Path("pages").glob("*.page"))
failed = 0
for page in pages:
    try:
        print(f"{page}: {len(compiled(page.read_text()))} lines")
    except CompileError as error:
        print(f"{page}:{error}")
        failed += 1
if failed:
    sys.exit(f"build failed: {failed} of {len(pages)} pages did not compile")
