"""How GitHub writes each record as JSON: one module a family, all pure functions of the world."""
