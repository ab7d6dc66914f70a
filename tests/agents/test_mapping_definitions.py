"""Definitions of eleven languages as a map shows them, and a process of its own that no file can bring down."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from otto_bot.agents.mapping.definitions import LONGEST, MOST, Definitions
from otto_bot.agents.mapping.languages import LANGUAGES, language_of
from otto_bot.agents.mapping.parsing import parse
from otto_bot.core.enclosing import plainly

SOURCES = {
    "python": (
        '''
        @deco
        class A(B):
            """doc"""
            def f(self, a: int,
                  b: str) -> None:
                def inner(): ...
        if True:
            async def g(): ...
        ''',
        ["0 3 class A(B)", "1 5 def f(self, a: int, b: str) -> None", "0 9 async def g()"],
    ),
    "javascript": (
        """
        class A { m(x) {} }
        const f = async (x, y) => x + 1
        let z = 3
        function* gen(a) {}
        """,
        ["0 2 class A", "1 2 m(x)", "0 3 f = async (x, y)", "0 5 function* gen(a)"],
    ),
    "typescript": (
        """
        export interface Foo { bar(x: number): string; a: number }
        export abstract class K<T> extends Q { async go(): Promise<void> {} abstract m(x: T): void }
        type Z = { a: string } | null
        namespace N { export function inner(x) {} }
        """,
        ["0 2 interface Foo", "1 2 bar(x: number): string", "0 3 abstract class K<T> extends Q",
         "1 3 async go(): Promise<void>", "1 3 abstract m(x: T): void", "0 4 type Z = { a: string } | null",
         "0 5 namespace N", "1 5 function inner(x)"],
    ),
    "tsx": ("export const App: FC<P> = ({ a }) => { return <div>{a}</div> }", ["0 1 App: FC<P> = ({ a })"]),
    "go": (
        """
        type S struct { A int }
        type ( I interface { M() error }; U = string )
        func (s *S) M(x int) error { return nil }
        """,
        ["0 2 type S struct", "0 3 type I interface", "0 3 type U = string", "0 4 func (s *S) M(x int) error"],
    ),
    "rust": (
        """
        pub struct P { x: i32 }
        impl Tr for P { fn a(&self) -> i32 { 1 } }
        trait Tr { fn a(&self) -> i32; }
        mod m { pub fn inner<T: Clone>(t: T) -> T where T: Send { t } }
        """,
        ["0 2 pub struct P", "0 3 impl Tr for P", "1 3 fn a(&self) -> i32", "0 4 trait Tr", "1 4 fn a(&self) -> i32",
         "0 5 mod m", "1 5 pub fn inner<T: Clone>(t: T) -> T where T: Send"],
    ),
    "java": (
        "public class A extends B { private int x; public A(int x) {} enum K { Q; void z() {} } }\nrecord R(int a) {}",
        ["0 1 public class A extends B", "1 1 public A(int x)", "1 1 enum K", "2 1 void z()", "0 2 record R(int a)"],
    ),
    "ruby": (
        """
        module M
          class A < B
            def m(x, y = 1)
            end
          end
        end
        """,
        ["0 2 module M", "1 3 class A < B", "2 4 def m(x, y = 1)"],
    ),
    "c": (
        """
        typedef struct { int a; } foo_t;
        int proto(int a, char *b);
        static int x = 3;
        int main(int argc, char **argv) { return 0; }
        """,
        ["0 2 typedef struct foo_t", "0 3 int proto(int a, char *b)", "0 5 int main(int argc, char **argv)"],
    ),
    "cpp": (
        "namespace ns {\ntemplate <class T> class V : public B { public: V(); int n; T& at(int i) { return x; } };\n}",
        ["0 1 namespace ns", "1 2 class V : public B", "2 2 V()", "2 2 T& at(int i)"],
    ),
    "csharp": (
        "namespace N { public class A : B { public A(int x) {} public int P { get; set; } int M(string s) => 1; } }",
        ["0 1 namespace N", "1 1 public class A : B", "2 1 public A(int x)", "2 1 int M(string s)"],
    ),
    "php": (
        "<?php\nclass A extends B { public function m(int $a): string { return ''; } }\nfunction f($x) {}",
        ["0 2 class A extends B", "1 2 public function m(int $a): string", "0 3 function f($x)"],
    ),
}  # fmt: skip


def test_every_language_has_a_source_here() -> None:
    assert SOURCES.keys() == LANGUAGES.keys()
    assert {language_of(f"a/b.{end}") for end in ("py", "TSX", "h", "kt", "")} == {"python", "tsx", "cpp", None}


@pytest.mark.parametrize("language", sorted(SOURCES))
def test_the_definitions_of_a_language(language: str) -> None:
    source, expected = SOURCES[language]
    found = Definitions().of(language, textwrap.dedent(source).encode())
    assert [f"{nesting} {line} {signature}" for nesting, line, signature, _ in found] == expected


def test_broken_and_endless_sources_are_bounded() -> None:
    reader = Definitions()
    broken = b"x = = 1\nclass A:\n    def g(self): ...\n)))\ndef h(): ...\n"
    assert [name for *_, name in reader.of("python", broken)] == ["A", "g", "h"]
    many = b"".join(b"def f%d(%s): ...\n" % (n, b"a" * 500) for n in range(MOST + 50))
    found = reader.of("python", many)
    assert len(found) == MOST
    assert max(len(signature) for _, _, signature, _ in found) <= LONGEST
    assert reader.of("javascript", b"\xff\xfe\0" * 1000) == []
    assert reader.of("c", b"(" * 20_000) == []


def test_a_process_answers_for_each_source_in_order() -> None:
    found = parse([("python", b"def a(): ..."), ("go", b""), ("no such", b"x"), ("ruby", b"def b\nend")], plainly)
    assert [[name for *_, name in one] for one in found] == [["a"], [], [], ["b"]]


def test_a_source_that_ends_the_process_costs_only_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Played by a program that dies at a certain source as a crash of a grammar would make it die."""
    program = (
        "import json, os, sys\nsource = sys.stdin.buffer\n"
        "while line := source.readline():\n"
        "    body = source.read(json.loads(line)['size'])\n"
        "    if body == b'crash': os.kill(os.getpid(), 11)\n"
        "    print(json.dumps([[0, 1, body.decode(), 'n']]), flush=True)\n"
    )
    real = subprocess.run

    def instead(command: list[str], **more: object) -> object:
        return real([sys.executable, "-I", "-c", program], **more)  # type: ignore[call-overload]

    monkeypatch.setattr("otto_bot.agents.mapping.parsing.subprocess.run", instead)
    bodies = [b"a", b"crash", b"b", b"crash", b"c"]
    found = parse([("python", body) for body in bodies], plainly)
    assert [[one[2] for one in each] for each in found] == [["a"], [], ["b"], [], ["c"]]
    assert parse([("python", b"crash")] * 9, plainly) == [[]] * 9


def test_time_that_is_over_leaves_sources_without_definitions() -> None:
    assert parse([("python", b"def a(): ...")], plainly, seconds=0.0) == [[]]
