from textstats import sentences, words


def test_words():
    assert words("It's a well-known fact.") == 4
    assert words("") == 0


def test_sentences():
    assert sentences("One. Two! Three?") == 3
    assert sentences("no end") == 1
    assert sentences("") == 0
