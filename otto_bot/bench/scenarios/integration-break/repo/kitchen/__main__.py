from kitchen import book
from kitchen.recipe import Recipe

for found in vars(book).values():
    if isinstance(found, Recipe):
        print(found.name)
