from textkit.casing import shout, slugify


def test_slugify():
    assert slugify("Hello, there!") == "hello-there"


def test_shout():
    assert shout("Hello") == shout("Hello!") == "HELLO!"
