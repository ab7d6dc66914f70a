"""Names of tests in the files of many languages, and how what a judge says is found among them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otto_bot.core.named_tests import Names, base_of, defined_tests, is_test_file, names_in

TEST_FILES = [
    "tests/test_a.py", "test_a.py", "pkg/a_test.go", "src/__tests__/a.tsx", "a.test.ts", "a.spec.js", "spec/a_spec.rb",
    "src/test/java/AppTest.java", "AppTests.cs", "tests/it.rs", "tests/AppIT.kt", "test/a.exs", "tests/helpers/x.sh",
]  # fmt: skip
OTHERS = ["src/a.py", "latest.py", "contest.go", "tests/data.json", "tests/README.md", "src/attest/b.rs", "protest.ts"]


@pytest.mark.parametrize("path", TEST_FILES)
def test_a_test_file(path: str) -> None:
    assert is_test_file(path)


@pytest.mark.parametrize("path", OTHERS)
def test_another_file(path: str) -> None:
    assert not is_test_file(path)


LANGUAGES = [
    ("class TestA:\n    async def test_b(self, x): ...\ndef helper(): ...\n", {"TestA", "test_b"}),
    (
        "it('adds two', () => {})\ntest.each([1])(\"is `odd`\", f)\ndescribe(`sums`, g)",
        {"adds two", "is `odd`", "sums"},
    ),
    ('func TestAdd(t *testing.T) {\n\tt.Run("two and two", f)\n}\nfunc helper() {}', {"TestAdd", "two and two"}),
    ("#[test]\nfn adds() {}\n#[tokio::test]\nasync fn waits() {}\nfn helper() {}", {"adds", "waits"}),
    ("@Test\npublic void adds() {}\n@ParameterizedTest\n@ValueSource(ints = 1)\nvoid odd(int n) {}", {"adds", "odd"}),
    ("@Test fun `adds two numbers`() {}", {"adds two numbers"}),
    ("[Fact]\npublic async Task Adds() {}\n[Theory]\npublic void Odd() {}", {"Adds", "Odd"}),
    ("describe 'sum' do\n  it \"adds\" do\n  end\nend", {"sum", "adds"}),
    ("public function testAdds(): void {}", {"testAdds"}),
    ('TEST_CASE("adds", "[sum]") {}', {"adds"}),
    ("", set()),
]


@pytest.mark.parametrize(("text", "names"), LANGUAGES)
def test_what_a_file_defines(text: str, names: set[str]) -> None:
    assert set(names_in(text)) == names


FOUND = [
    ("tests/test_a.py::TestB::test_c[1-x]", "tests/test_a.py::TestB::test_c[1-x]"),
    ("tests/test_a.py::TestB::test_c", "tests/test_a.py::TestB::test_c[1-x]"),
    ("`test_c`", "tests/test_a.py::TestB::test_c[1-x]"),
    ("TestB::test_c", "tests/test_a.py::TestB::test_c[1-x]"),
    ("b > adds two", "a.test.ts > b > adds two"),
    ("AppTest.adds", "org.x.AppTest.adds"),
    ("a/test_x.py", "lib/a/test_x.py"),
    ("est_c", None),
    ("two", None),
    ("test", None),
    ("", None),
    ("test_unknown", None),
]


@pytest.mark.parametrize(("said", "name"), FOUND)
def test_what_is_said_is_found_by_its_last_parts(said: str, name: str | None) -> None:
    known = ["tests/test_a.py::TestB::test_c[1-x]", "a.test.ts > b > adds two", "org.x.AppTest.adds", "lib/a/test_x.py",
             "a test"]  # fmt: skip
    assert Names(known).find(said) == name


def test_files_count_only_where_they_define_tests() -> None:
    found = defined_tests({"tests/conftest.py": "def db(): ...", "tests/test_a.py": "def test_x(): ..."})
    assert found == {"tests/test_a.py": "tests/test_a.py", "test_x": "tests/test_a.py"}


@given(st.text(max_size=300), st.lists(st.text(max_size=30), max_size=5))
def test_any_text_is_read(text: str, known: list[str]) -> None:
    names_in(text)
    base_of(text)
    found = Names(known).find(text)
    assert found is None or found in known


@pytest.mark.parametrize("text", ["it('" * 20_000, "@Test " * 20_000, "#[test]" * 20_000, "it(" + "x" * 100_000])
def test_hostile_files_do_not_take_long(text: str) -> None:
    assert len(names_in(text)) < 20_000
