"""Says what goes into the screen's bundle: the lanes package and the modules that packaging/modules.txt allows."""

import ast
import sys
from pathlib import Path

ALLOWED = set(Path("packaging/modules.txt").read_text().split())


def imports(path):
    """Line and top-level name of everything that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.lineno, node.module.split(".")[0]


files = sorted(Path("lanes").glob("*.py"))
missing = [(path, line, name) for path in files for line, name in imports(path) if name not in ALLOWED | {"lanes"}]
print(f"bundle: {len(files)} files of lanes, {len(ALLOWED)} modules of the standard library")
for path, line, name in missing:
    print(
        f"{path}:{line}: error: no module named '{name}' in the bundle; its modules are listed in packaging/modules.txt"
    )
sys.exit(1 if missing else 0)
