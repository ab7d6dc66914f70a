"""A grid of 4 by 4; 0 is empty."""

Grid = tuple[tuple[int, ...], ...]


def choices(grid: Grid, row: int, column: int) -> list[int]:
    """Numbers that a cell can hold."""
    taken = set(grid[row]) | {line[column] for line in grid}
    return [number for number in range(1, 5) if number not in taken]


def with_number(grid: Grid, row: int, column: int, number: int) -> Grid:
    """The grid with one cell filled."""
    line = grid[row][:column] + (number,) + grid[row][column + 1 :]
    return grid[:row] + (line,) + grid[row + 1 :]
