"""What we cook."""

from kitchen.recipe import Recipe

BREAD_SOUP = Recipe("Bread soup", {"bread": 300, "leek": 200, "butter": 40})
LEEK_PIE = Recipe("Leek pie", {"flour": 250, "leek": 400, "butter": 120})
