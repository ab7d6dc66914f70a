"""`.env` files: read exactly, or refused with the line; written so that what is read is what was meant."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otto_bot.environment.dotenv import MOST_CHARACTERS, merged, parse, written
from otto_bot.environment.faults import GivenError

PEM = "-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", {}),
        ("\ufeffA=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
        ("# A=1\n\n  # x\nexport A = 1  \n", {"A": "1"}),
        ("A=1 # why\nB=1#2\nC=#3\nD=\n", {"A": "1", "B": "1#2", "C": "", "D": ""}),
        ("A='$HOME \"x\" \\n'\n", {"A": '$HOME "x" \\n'}),
        ('A="$HOME \\"x\\" \\n"\n', {"A": '$HOME "x" \n'}),
        (f'A="{PEM}"\nB=2\n', {"A": PEM, "B": "2"}),
        ("A=$B ${C} `id` $(id)\n", {"A": "$B ${C} `id` $(id)"}),
        ("A=1\nA=2", {"A": "2"}),
        ("A='1' # why\n", {"A": "1"}),
        ("A=a=b==\n", {"A": "a=b=="}),
    ],
)
def test_values(text: str, values: dict[str, str]) -> None:
    assert parse(text) == values


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A=1\nsecret-key\n", "line 2: this is no NAME=VALUE"),
        ("A=1\n\n1A=2\n", "line 3: this is no NAME=VALUE"),
        ("A='secret\n", "line 1: the value of A begins with ' and has no second one"),
        ('A="secret\\"\n', "line 1: the value of A begins with"),
        ("A='x' secret\n", "line 1: something stands behind the quoted value of A"),
        ("A=1\0secret", "zero byte"),
        ("A=" + "x" * MOST_CHARACTERS, "longer than"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_line_and_never_shown(text: str, said: str) -> None:
    with pytest.raises(GivenError) as caught:
        parse(text)
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)


VALUES = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp", "Zs")) | st.just(" "), max_size=40)


@given(VALUES)
def test_what_is_written_is_read(value: str) -> None:
    assert parse(written("A", value)) == {"A": value}


@pytest.mark.parametrize("value", ["", "plain", "a b", 'it\'s $HOME `id` "x" \\', "'", "#", "ü"])
def test_a_shell_reads_the_same(value: str) -> None:
    done = subprocess.run(["sh", "-c", f'{written("A", value)}\nprintf %s "$A"'], capture_output=True, check=True)
    assert done.stdout.decode() == value


@pytest.mark.parametrize("value", ["a\nB=2", "a\x00", "a\r", "\x1b[0m"])
def test_no_line_can_be_smuggled_in(value: str) -> None:
    with pytest.raises(GivenError):
        written("A", value)


def test_lines_of_others_stay() -> None:
    before = f'# mine\nDB=x # y\nOTTO_APP_ID=1\nKEY="{PEM}"\nOTTO_OLD="a\nb"\nlast=1'
    after = merged(before, {"OTTO_APP_ID": "2", "OTTO_POLL": "true"}, drop=["OTTO_OLD"], heading="Otto")

    assert after == f'# mine\nDB=x # y\nOTTO_APP_ID=2\nKEY="{PEM}"\nlast=1\n\n# Otto\nOTTO_POLL=true\n'
    assert merged(after, {"OTTO_APP_ID": "2", "OTTO_POLL": "true"}, heading="Otto") == after
