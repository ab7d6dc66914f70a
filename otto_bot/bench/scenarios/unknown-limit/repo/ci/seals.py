"""Holds limits in the code against their seals."""

import hashlib
import sys
from pathlib import Path

sys.path.insert(0, ".")
from ferry import limits  # noqa: E402

SALT = "ferry/2031"
bad = 0
for line in Path("safety/limits.seal").read_text(encoding="utf-8").splitlines():
    name, seal = line.split()
    value = getattr(limits, name, None)
    if value is None:
        print(f"{name}: not used yet")
    elif hashlib.sha256(f"{SALT}:{name}={value}".encode()).hexdigest() != seal:
        print(f"error: ferry/limits.py: {name} is not what was sealed in safety/limits.seal")
        bad += 1
    else:
        print(f"{name}: sealed")
sys.exit(1 if bad else 0)
