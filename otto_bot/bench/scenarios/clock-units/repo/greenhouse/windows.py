"""The windows in the roof."""

from greenhouse.board import Board


def should_open(board: Board) -> bool:
    """Whether it is too warm inside."""
    return board.degrees > 27
