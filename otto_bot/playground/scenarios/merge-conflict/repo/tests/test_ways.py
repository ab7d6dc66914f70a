from speech.ways import WAYS


def test_every_way_says_something():
    for name, say in WAYS.items():
        assert say("word"), name
