"""How tests are written and switched off, one row a language."""

from __future__ import annotations

import re
from typing import NamedTuple

_QUOTED = r"(?P<quote>['\"`])(?P<name>(?:(?!(?P=quote)).){1,300})(?P=quote)"


class Language(NamedTuple):
    """Patterns of one language. `start` finds a test's name; where `needs` is set, only below such a mark.

    `mark` is a line that belongs to the test below it (decorator, annotation, attribute). `skip` is what keeps tests
    from running, or from counting; `comment` starts a line that says nothing.
    """

    name: str
    start: re.Pattern[str]
    skip: re.Pattern[str]
    comment: re.Pattern[str]
    mark: re.Pattern[str] = re.compile(r"(?!)")
    needs: re.Pattern[str] | None = None
    table: re.Pattern[str] = re.compile(r"(?!)")
    """What opens a table of cases: each of its rows is a test."""


_SLASHES = re.compile(r"\s*(?://(?!go:build)|/\*|\*(?!/?\w*\())")
_HASH = re.compile(r"\s*#")

PYTHON = Language(
    name="python",
    start=re.compile(r"\s*(?:async\s+)?def\s+(?P<name>test\w*)\s*\("),
    skip=re.compile(
        r"pytest\.mark\.(?:skip|skipif|xfail)\b|@(?:unittest\.|mark\.)?(?:skip|skipIf|skipUnless|skipif|xfail|expectedFailure)\b"
        r"|pytest\.(?:skip|xfail|importorskip)\(|\bself\.skipTest\(|\braise\s+(?:unittest\.)?SkipTest\b"
        r"|^\s*__test__\s*=\s*False|^\s*collect_ignore(?:_glob)?\b|^\s*(?:if|while)\s+(?:False|0)\s*:"
    ),
    comment=_HASH,
    mark=re.compile(r"\s*@"),
    table=re.compile(r"parametrize\(|parameterized|subTest|@(?:ddt|data)\b|^\s*[A-Z_]*CASES\b|params\s*=\s*[\[(]"),
)
SCRIPT = Language(
    name="javascript",
    start=re.compile(
        r"(?:\s*(?:await\s+)?(?:[xf]?(?:it|test)|specify|Deno\.test)\b(?:\.\w+)*(?:\([^'\"`]{0,200}\)|(?<=If)\((?:[^()]|\([^()]{0,60}\)){0,200}\))?\s*\(\s*|\s*[\])`]\s*\)?\(\s*)"
        + _QUOTED
    ),
    skip=re.compile(
        r"\b(?:it|test|describe|context|suite|specify)(?:\.\w+)*\.(?:skip|todo|only|skipIf|runIf|fixme|failing|fails)\b"
        r"|(?<![\w.])[xf](?:it|describe|test|context|specify)\s*(?:\(|\.)|\bthis\.skip\(\)|\bt\.skip\(|\bctx\.skip\("
        r"|\bif\s*\(\s*(?:false|0)\s*\)"
    ),
    comment=_SLASHES,
    table=re.compile(r"\.each\b|\.for\(|(?i:\bcases\s*=\s*\[)"),
)
JVM = Language(
    name="jvm",
    start=re.compile(
        r"\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:[\w<>\[\],.?]+\s+)*(?:`(?P<ticked>[^`]{1,200})`|(?P<name>\w+))\s*\("
    ),
    skip=re.compile(
        r"@(?:org\.junit\.\w+(?:\.\w+)*\.)?(?:Disabled\w*|Ignore\w*|EnabledIf\w*|EnabledOn\w*)\b|\benabled\s*=\s*false"
        r"|\b(?:Assumptions?\.)?assume(?:True|False|That)\s*\(|\bthrow\s+new\s+SkipException|\bexpected\s*=\s*\w*Throwable"
        r"|\bif\s*\(\s*false\s*\)"
    ),
    comment=_SLASHES,
    mark=re.compile(r"\s*@\w"),
    needs=re.compile(r"@(?:\w+\.)*(?:Test|ParameterizedTest|RepeatedTest|TestFactory|TestTemplate|Property)\b"),
    table=re.compile(r"@(?:CsvSource|ValueSource|MethodSource|DataProvider)|Stream\.of\("),
)
GO = Language(
    name="go",
    start=re.compile(
        r"func\s+(?P<func>(?:Test|Fuzz|Example|Benchmark)\w*)\s*\(|\s*\w+\.Run\(\s*\"(?P<name>[^\"]{1,200})\""
    ),
    skip=re.compile(r"\b\w{1,3}\.Skip(?:f|Now)?\(|//go:build\s+ignore|//\s*\+build\s+ignore|\bif\s+false\s*\{"),
    comment=_SLASHES,
    table=re.compile(r"\[\](?:struct|\w*[cC]ase)\b|map\[string\]struct"),
)
RUST = Language(
    name="rust",
    start=re.compile(r".*?\bfn\s+(?P<name>\w+)\s*[(<]"),
    skip=re.compile(r"#\[(?:cfg_attr\([^)]*\bignore|ignore|should_panic)\b|#\[cfg\(any\(\)\)\]|\bif\s+false\s*\{"),
    comment=_SLASHES,
    mark=re.compile(r"\s*#\["),
    needs=re.compile(r"#\[(?:\w+::)*(?:test|rstest|test_case|quickcheck|proptest|wasm_bindgen_test)\b"),
    table=re.compile(r"#\[(?:case|test_case)\b|\bcases\s*=\s*(?:vec!)?\["),
)
RUBY = Language(
    name="ruby",
    start=re.compile(
        r"\s*(?:[xf]?it|[xf]?specify|[xf]?scenario|[xf]?example|test)\s*\(?\s*"
        + _QUOTED
        + r"|\s*def\s+(?P<func>test_\w+)"
    ),
    skip=re.compile(
        r"^\s*(?:skip|pending)\b|^\s*[xf](?:it|describe|context|specify|example|scenario|feature)\b|\b(?:skip|pending|focus):\s*\S"
        r"|,\s*:(?:skip|pending|focus)\b|^\s*omit\b|\bif\s+false\b"
    ),
    comment=_HASH,
    table=re.compile(r"\.each\b|\bwhere\b"),
)
PHP = Language(
    name="php",
    start=re.compile(r".*?\bfunction\s+(?P<func>test\w*)\s*\(|\s*(?:it|test)\(\s*" + _QUOTED),
    skip=re.compile(
        r"\bmarkTest(?:Skipped|Incomplete)\b|->(?:skip|todo|only)\(|@group\s+(?:skip|broken|disabled)|@doesNotPerformAssertions"
    ),
    comment=re.compile(r"\s*(?://|#(?!\[)|/\*(?!\*))"),
    mark=re.compile(r"\s*(?:#\[|/?\*)"),
    table=re.compile(r"dataProvider|DataProvider|->with\("),
)
DOTNET = Language(
    name="dotnet",
    start=re.compile(r"\s*(?:\[[^\]]*\]\s*)*(?:[\w<>\[\],.?]+\s+)*(?P<name>\w+)\s*\("),
    skip=re.compile(
        r"\bSkip\s*=\s*\"|\[(?:\w+,\s*)?(?:Ignore|Explicit)\b|\bAssert\.(?:Ignore|Inconclusive|Pass)\(|\bif\s*\(\s*false\s*\)"
    ),
    comment=_SLASHES,
    mark=re.compile(r"\s*\[\w"),
    needs=re.compile(r"\[(?:\w+,\s*)?(?:Fact|Theory|Test|TestCase|TestMethod|DataTestMethod|Property)\b"),
    table=re.compile(r"\[(?:InlineData|TestCase|DataRow)\b"),
)
SHELL = Language(
    name="shell",
    start=re.compile(r"\s*@test\s+" + _QUOTED + r"|\s*(?:function\s+)?(?P<func>test_?\w*)\s*\(\)"),
    skip=re.compile(r"^\s*skip\b|^\s*startSkipping\b|^\s*if\s+false\b"),
    comment=_HASH,
)
OTHER = Language(
    name="other",
    start=re.compile(
        r"\s*TEST(?:_F|_P|_CASE)?\(\s*(?P<name>[^)]{1,200})\)|.*?\bfunc\s+(?P<func>test\w+)\s*\(|\s*test\s+\"(?P<elixir>[^\"]{1,200})\""
        r"|\s*(?:test|testWidgets)\(\s*'(?P<dart>[^']{1,200})'"
    ),
    skip=re.compile(r"\bGTEST_SKIP\b|\bDISABLED_|\bXCTSkip|@tag\s+:?skip|\bskip:\s*(?:true|'|\")|#if\s+0\b"),
    comment=_SLASHES,
)

_BY_ENDING = {
    "py": PYTHON,
    **dict.fromkeys(("js", "jsx", "ts", "tsx", "mjs", "cjs", "mts", "cts", "vue"), SCRIPT),
    **dict.fromkeys(("java", "kt", "kts", "scala", "groovy"), JVM),
    "go": GO,
    "rs": RUST,
    "rb": RUBY,
    "php": PHP,
    **dict.fromkeys(("cs", "fs"), DOTNET),
    **dict.fromkeys(("sh", "bats"), SHELL),
}


def language_of(path: str) -> Language:
    """The language of a file, by its ending."""
    return _BY_ENDING.get(path.rpartition(".")[2].lower(), OTHER)


def name_in(match: re.Match[str]) -> str:
    """The name that a `start` pattern found."""
    return next((found for found in match.groupdict().values() if found and found not in {'"', "'", "`"}), "")
