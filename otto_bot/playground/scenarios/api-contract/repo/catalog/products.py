"""Products and the catalogue that holds them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Product:
    """Something that can be bought while it is active."""

    sku: str
    name: str
    active: bool = True


class Catalog:
    """Products, in the order they were added."""

    def __init__(self) -> None:
        self._products: list[Product] = []

    def add(self, product: Product) -> None:
        """Put a product into the catalogue."""
        self._products.append(product)
