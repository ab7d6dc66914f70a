from catalog.products import Catalog, Product


def test_a_product_is_active_unless_it_says_otherwise():
    Catalog().add(Product("a1", "Apron"))
    assert Product("a1", "Apron").active
