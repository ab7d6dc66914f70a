"""How much one line of a test checks: from nothing at all to an exact value."""

from __future__ import annotations

import re

from otto_bot.core.patches import squeezed

LONGEST_CHECK = 400
"""Characters of a line in which a check is looked for."""
NOTHING, TRUTHY, PARTIAL, EXACT, DETAILED = range(5)
"""Strength of a check: holds always · something is there · some property · one value · a value and its message."""

_TRACES = (
    *("assert", "expect", "should", ".error", ".fatal", "pytest.", "require.", "verify", "check", "ensure", "validate"),
    *("refute", "must_", "raises(", "cmp.diff(", "panic("),
)
"""In small letters; a line that has none of them matches no `_CHECK`. To look for them is far cheaper."""
_CHECK = re.compile(
    r"\bassert\w*\b(?!\s*=)|\bexpect(?:\w*|\.(?:poll|soft|element))\s*[({]|\.should\b|\.Should\(|\bEXPECT_|\bASSERT_|\b\w{1,3}\.(?:Error|Fatal)f?\("
    r"|\bpytest\.(?:raises|warns|fail)\b|\brequire\.\w+\(|\bverify\w*\s*\(|\bXCTAssert|\bis_expected\b|\bCHECK\("
    r"|(?:^|[\s.])(?:check|ensure|verify|validate)_\w+\(|\brefute\w*\b|\bmust_\w+|\braises\(|\bcmp\.Diff\(|\bpanic\("
)
_NO_CHECK = re.compile(r"\s*(?:import|from|use|using|package|require_relative)\s|\s*require\s*\(?\s*['\"]")
_HEAD = re.compile(
    r"\s*(?:async\s+)?(?:def|fn|func|fun|function|public|private|protected|static|internal)\s[^:{]*[:{]?"
)
"""The head of a function: `def assert_total(cart):` makes a check, and is none."""

_RANKS: tuple[tuple[int, re.Pattern[str]], ...] = (
    (
        NOTHING,
        re.compile(
            r"\bassert\s*\(?\s*(?:True|1|not\s+False|not\s+None)\s*\)?\s*(?:,|$|#|;)|\bassert\b.{0,120}\bor\s+(?:True|1)\b"
            r"|\bassert(?:True|That|Truthy)?!?\s*\(\s*(?:true|True|1)\s*[,)]|\bassert\w*\(\s*(?:1|true)\s*==\s*(?:1|true)\s*[,)]"
            r"|\bexpect\(\s*(?:true|1|null|undefined|['\"][^'\"]*['\"])\s*\)\s*(?:$|;|\.(?:not\.)?to(?:\b|Be|Equal\b|StrictEqual\b))|\bassert\w*!?\(\s*([\w.\"']+)\s*,\s*\1\s*[,)]"
            r"|\bassert\s+([\w.\"']+)\s*==\s*\2\s*(?:$|,|#)|\bexpect\(\s*([\w.]+)\s*\)\.to(?:Be|Equal|StrictEqual)\(\s*\3\s*\)"
            r"|\bAssert\.(?:Pass|True\(\s*true)"
        ),
    ),
    (
        DETAILED,
        re.compile(
            r"\braises\([^)]*\bmatch\s*=|assertRaisesRegex|assertWarnsRegex|toThrow\w*\(\s*['\"`/]|raise_error\([^)]*,"
        ),
    ),
    (
        TRUTHY,
        re.compile(
            r"\bis\s+not\s+None\b|!==?\s*(?:null|undefined|nil|None)\b|\b[Aa]ssert(?:\.|_)?(?:Is)?(?:Not_?(?:None|Null|Nil|Empty)|True|False|Ok|Exists)\b"
            r"|assert_(?:not_nil|predicate|respond_to|ok|true)\b|\bassert_not_none\b|\.to(?:Be|be)(?:Defined|Truthy|Falsy|InTheDocument)\b"
            r"|\.not\.to(?:Be(?:Null|Undefined|NaN)|Throw)|\.to\.(?:exist|be\.ok|be\.true|not\.be\.(?:null|undefined))"
            r"|\b(?:require|assert)\.(?:NotNil|True|False|NotEmpty|NoError|Ok)\b|\bbe_truthy\b|\b(?:not_to|to_not)\s+be_(?:nil|empty)|\bbe_present\b"
            r"|(?:==|\bis)\s*(?:True|true)\s*(?:$|,|\)|;)|toBe\(\s*true\s*\)|to(?:Strict)?Equal\(\s*(?:true|expect\.anything\(\))"
            r"|\braises\(\s*(?:Exception|BaseException)\s*[,)]|[aA]ssertThrows\(\s*(?:Exception|Throwable)\.class|Assert\.ThrowsAny"
            r"|\.is_(?:some|ok)\(\)|isNotNull\(\)|isTrue\(\)|isNotEmpty\(\)|\bassertRaises\(\s*(?:Exception|BaseException)\s*[,)]|\bANY\b"
            r"|mock\.ANY|toHaveBeenCalled\(\)|\.assert_called(?:_once)?\(\)|\bRAISES\b|\.NotBeNull\(|\.BeTrue\("
        ),
    ),
    (
        PARTIAL,
        re.compile(
            r"\bexpect\.(?:any|objectContaining|stringContaining|stringMatching|arrayContaining|not)\b|\bapprox\([^)]*\b(?:abs|rel)\s*="
            r"|assertAlmostEqual\w*\([^)]*\b(?:delta|places)\s*=|isclose\(|allclose\("
        ),
    ),
    (
        EXACT,
        re.compile(
            r"(?<![<>!=])==(?!>)|\b[Aa]ssert(?:\.|_|That\.)?(?:Are|Is|Strict|Not)?(?:Equals?|Equal\w*|Same|Eq|DeepEqual\w*|Identical|JSONEq|"
            r"Null|None|Nil|DictEqual|ListEqual|CountEqual|Empty|AlmostEqual\w*|SequenceEqual|Equivalent\w*)\b|\bassert_(?:eq|ne|equal\w*|nil|empty|same|array_equal|frame_equal|matches|called_\w*with|json)\b"
            r"|\.to(?:Be|Equal|StrictEqual|HaveLength|HaveBeenCalledWith|HaveBeenLastCalledWith|HaveBeenCalledTimes|HaveReturnedWith"
            r"|MatchSnapshot|MatchInlineSnapshot|MatchObject|BeNull|BeUndefined|BeCloseTo|HaveText\w*|HaveValue|HaveProperty|HaveCount|HaveURL|BeFalse)\("
            r"|\bis\s+None\b|\.to\.(?:equal|eql|deep|be\.(?:null|undefined|false))|\b(?:eq|eql|equal|match_array|contain_exactly|be_nil|be_empty|be)\b\s*\(?[^)\s]"
            r"|isEqualTo\(|isNull\(\)|isFalse\(\)|hasSize\(|containsExactly|\braises\(|\bwarns\(|[aA]ssert(?:Raises|Throws|Warns|Panics)|raise_error|\brejects\b|\.toThrow\w*\(\s*\w"
            r"|\b\w{1,3}\.(?:Error|Fatal)f?\(|\b(?:require|assert)\.(?:Equal\w*|Len|ErrorIs|ErrorAs|EqualError|ElementsMatch|JSONEq|Nil|Empty|Panics|Exactly|deepEqual|deepStrictEqual|strictEqual|equal)\b"
            r"|EXPECT_(?:EQ|STREQ|THROW|DOUBLE_EQ|FLOAT_EQ)|ASSERT_(?:EQ|STREQ|THROW)|XCTAssert(?:Equal|Nil|Throws)|\.(?:Be|Equal|BeEquivalentTo|BeNull|HaveCount|Throw\w*)\("
            r"|\bpanic\(|\bcmp\.Diff\(|\bassert_array|toEqualTypeOf|\bassertSnapshot|assert_snapshot|\bmatches!"
        ),
    ),
    (
        PARTIAL,
        re.compile(
            r"\bassert\w*!?\b.{0,120}?(?:\bin\b|isinstance\(|startswith|endswith|!=|<|>|\.contains\(|\bany\(|\ball\(|\bre\.|match)"
            r"|\b[Aa]ssert(?:\.|_|That\.)?(?:Not)?(?:In|Greater\w*|Less\w*|Is(?:Not)?InstanceOf|IsInstance|InstanceOf|Contains\w*|String\w*|Regex\w*|Matches\w*|NotEquals?|Includes?|Match\w*|HasKey|ArrayHasKey|Count)\b"
            r"|assert_(?:in|includes|match|instance_of|raises|operator|not_equal|called\w*)\b|\.to(?:Contain\w*|Match|BeGreater\w*|BeLess\w*|BeInstanceOf|HaveBeenCalled|Throw)\b|\.not\."
            r"|\b(?:include|match|start_with|end_with|be_a|be_an|have_key|raise_error)\b|contains\(|\b(?:require|assert)\.(?:Contains|Error|Greater|Less|Subset|NotEqual)\b|EXPECT_(?:NE|GT|LT|TRUE)|\bverify\w*\s*\("
        ),
    ),
)
_CUSTOM = re.compile(r"(?:^|[\s.(])(?:assert|check|expect|verify|ensure|validate)_?[A-Za-z]\w*\(")
_BARE = re.compile(r"\bassert\b(?!\s*\()|\bassert!?\s*\(|\bexpect\w*\s*\(|\.should\b")


def strength(text: str) -> int | None:
    """How much a line checks; None = it is no check.

    A check by a function of the project's own (`assert_sorted(x)`) counts as exact: what it does is not known here.
    """
    text = text[:LONGEST_CHECK]
    low = text.lower()
    if not any(trace in low for trace in _TRACES):
        return None
    if head := _HEAD.match(text):
        text = text[head.end() :]
    if not _CHECK.search(text) or _NO_CHECK.match(text):
        return None
    for rank, pattern in _RANKS:
        if pattern.search(text):
            return rank
    if _CUSTOM.search(text):
        return EXACT
    return TRUTHY if _BARE.search(text) else PARTIAL


def subject(text: str) -> frozenset[str]:
    """The words of a check, to tell which other one it became."""
    return frozenset(re.findall(r"[A-Za-z_]\w+", text)) - _NOISE


def same_check(text: str) -> str:
    """A check without how it is formatted."""
    return squeezed(text)


_NOISE = frozenset({"assert", "self", "expect", "to", "is", "not", "None", "True", "False", "await", "toBe", "toEqual"})
