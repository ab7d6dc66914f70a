"""What became of every test of an archive of reports; nothing that failed or was skipped passes for passed."""

from __future__ import annotations

import io
import zipfile

from hypothesis import given
from hypothesis import strategies as st

from otto_bot.diagnosis.junit_outcomes import Outcomes, outcomes_in_zip

PYTEST = """<testsuites><testsuite name="pytest">
<testcase classname="tests.test_a" name="test_fine"/>
<testcase classname="tests.test_a" name="test_later"><skipped message="not today"/></testcase>
<testcase classname="tests.test_a" name="test_bad"><failure message="no"/></testcase>
<testcase classname="tests.test_a" name="test_again"><failure message="no"/></testcase>
<testcase classname="tests.test_a" name="test_again"/>
</testsuite></testsuites>"""
OTHER = """<testsuite name="pytest">
<testcase classname="tests.test_a" name="test_fine"><error message="here it breaks"/></testcase>
<testcase classname="tests.test_a" name="test_later"/>
</testsuite>"""


def zipped(**files: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{name}.xml", text)
    return data.getvalue()


def test_each_test_has_one_outcome() -> None:
    found = outcomes_in_zip(zipped(a=PYTEST))
    assert found.passed == {"tests/test_a.py::test_fine", "tests/test_a.py::test_again"}
    assert found.skipped == {"tests/test_a.py::test_later"}
    assert found.failed == {"tests/test_a.py::test_bad"}


def test_what_failed_in_one_report_has_not_passed_in_another() -> None:
    found = outcomes_in_zip(zipped(a=PYTEST, b=OTHER))
    assert "tests/test_a.py::test_fine" in found.failed - found.passed
    assert "tests/test_a.py::test_later" in found.passed - found.skipped


def test_what_is_no_archive_has_none() -> None:
    assert outcomes_in_zip(b"no zip") == Outcomes()
    assert outcomes_in_zip(zipped(a="<html/>")) == Outcomes()


def test_only_so_many_are_kept() -> None:
    cases = "".join(f'<testcase classname="a" name="t{n}"/>' for n in range(50))
    assert len(outcomes_in_zip(zipped(a=f'<testsuite name="x">{cases}</testsuite>'), most=20).passed) == 20


GROUPS = st.frozensets(st.sampled_from("abcd"))


@given(GROUPS, GROUPS, GROUPS, GROUPS, GROUPS, GROUPS)
def test_together_the_worse_word_counts(p1, s1, f1, p2, s2, f2) -> None:
    both = Outcomes(p1 - f1, s1 - f1 - p1, f1).plus(Outcomes(p2 - f2, s2 - f2 - p2, f2))
    assert both.failed == f1 | f2
    assert not both.passed & both.failed
    assert not both.skipped & (both.passed | both.failed)
