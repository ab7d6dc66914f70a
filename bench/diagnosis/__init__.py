"""How well the room `diagnosis` reads real CI logs: one command, next to plain alternatives in the same run."""
