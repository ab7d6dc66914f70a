"""Where dependencies come from: what is new is named with its line, and what only looks so is let be."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otto_bot.core.install_scripts import new_scripts
from otto_bot.core.lock_sources import is_lock, known_sources, new_sources, tells_sources

NPM = {"version": "1.0.0", "resolved": "https://registry.npmjs.org/a/-/a-1.0.0.tgz", "integrity": "sha512-AAAAAAAAAAAA"}
SUM = "a" * 64


def npm(key: str = "a", **more: object) -> str:
    return json.dumps({"packages": {f"node_modules/{key}": {**NPM, **more}}}, indent=1)


def toml(source: str, digest: str = SUM, version: str = "1") -> str:
    return f'[[package]]\nname = "a"\nversion = "{version}"\nsource = {source}\nchecksum = "{digest}"\n'


MULTILINE = """[project]
description = '''
[project.urls]
'''
dependencies = ["x @ https://evil.example/x"]
"""
CRATES = '"registry+https://github.com/rust-lang/crates.io-index"'


@pytest.mark.parametrize(
    ("path", "before", "after", "line", "words"),
    [
        ("package-lock.json", npm(), npm(resolved="https://registry.evil.org/a/-/a-1.0.0.tgz"), 5, "registry.evil.org"),
        ("package-lock.json", npm(), npm(resolved="git+ssh://git@github.com/u/a.git#1"), 5, "github.com/u/a"),
        ("x/package-lock.json", npm(), npm(resolved="http://registry.npmjs.org/a/-/a-1.0.0.tgz"), 5, "not encrypted"),
        ("package-lock.json", npm(), npm(integrity="sha512-BBBBBBBBBBBB"), 3, "another hash"),
        ("package-lock.json", npm(), json.dumps({"packages": {"node_modules/a": {"version": "1.0.0"}}}), 1, "no hash"),
        ("package-lock.json", npm(), npm(resolved="https://registry.npmjs.org/b/-/b-1.0.0.tgz"), 3, "address of b"),
        ("package.json", "{}", '{\n"dependencies": {\n"x": "someone/x"}}', 3, "github.com/someone/x"),
        ("package.json", "{}", '{"overrides": {"x": "https://evil.example/x.tgz"}}', 1, "evil.example"),
        ("yarn.lock", "", 'a@^1:\n  version "1.0.0"\n  resolved "https://evil.example/a.tgz#1"\n', 3, "evil.example"),
        ("pnpm-lock.yaml", "", "packages:\n  a@1:\n    resolution: {tarball: https://codeload.github.com/e/f/1}\n", 3,
         "codeload.github.com/e/f"),
        ("requirements.txt", "a==1\n", "a==1\n--extra-index-url https://evil.example/simple\n", 2, "evil.example"),
        ("requirements/dev.txt", "", "a @ git+https://github.com/x/a@main\n", 1, "github.com/x/a"),
        ("pyproject.toml", "", '[tool.uv.sources]\na = { git = "https://github.com/q/r" }\n', 2, "github.com/q/r"),
        ("uv.lock", toml('"x"'), toml('"x"', "b" * 64), 1, "another hash"),
        ("Pipfile", "", '[[source]]\nurl = "https://evil.example/simple"\n', 2, "evil.example"),
        ("pip.conf", "", "[global]\nindex-url = https://evil.example/simple\n", 2, "evil.example"),
        ("Cargo.lock", toml(CRATES), toml('"git+https://github.com/e/a?rev=1#2"'), 4, "github.com/e/a"),
        ("Cargo.toml", "", '[patch.crates-io]\na = { git = "https://github.com/e/a" }\n', 2, "github.com/e/a"),
        ("go.mod", "module m\n", "module m\nreplace x.org/t => github.com/e/text v1\n", 2, "github.com/e/text"),
        ("go.sum", "a v1 h1:aaaaaaaaaaaaaaaaaaaa=\n", "a v1 h1:bbbbbbbbbbbbbbbbbbbb=\n", 1, "another hash"),
        ("Gemfile", "", "gem 'rails', git: 'https://github.com/e/rails'\n", 1, "github.com/e/rails"),
        ("composer.json", "{}", '{"repositories": [{"url": "https://evil.example"}]}', 1, "evil.example"),
        ("nuget.config", "", '<add key="x" value="https://evil.example/v3/index.json" />\n', 1, "evil.example"),
        ("pom.xml", "", "<repositories>\n<repository><url>https://evil.example/m2</url>\n</repositories>\n", 2, "evil"),
        (".npmrc", "", "@scope:registry=https://evil.example/\n", 1, "evil.example"),
        # Laid out otherwise, escaped, or named like what only tells about a package.
        ("package-lock.json", "{}", '{"a": {"x": 1, "resolved": "https://evil.example/a.tgz"}}', 1, "evil.example"),
        ("package-lock.json", "{}", '{"a": {\n"\\u0072esolved"\n:\n"https:\\/\\/evil.example/a.tgz"}}', 4, "evil"),
        ("package-lock.json", "{}", '{"resolved": "https://evil.example/a.tgz"', 1, "evil.example"),
        ("requirements.txt", "", "docs-helper @ https://evil.example/x.whl\n", 1, "evil.example"),
        ("requirements.txt", "", " " * 5000 + "x @ https://evil.example/x.whl\n", 1, "evil.example"),
        ("requirements.txt", "", "a==1\n--index-url https:\\\n//evil.example/simple\n", 2, "evil.example"),
        ("requirements.txt", "", "# a comment \\\n--index-url https://evil.example/simple\n", 2, "evil.example"),
        ("requirements.txt", "", "# a comment\r--index-url https://evil.example/simple\n", 1, "evil.example"),
        ("Cargo.toml", "", '[dependencies]\nsupport = { git = "https://evil.example/x" }\n', 2, "evil.example"),
        ("Cargo.toml", "", '[dependencies]\ndocs.git = "https://evil.example/x"\n', 2, "evil.example"),
        ("pyproject.toml", "", '[project.optional-dependencies]\ndocs = ["x @ https://evil.example/x"]\n', 2, "evil"),
        ("pyproject.toml", "", MULTILINE, 5, "evil.example"),
        ("pyproject.toml", "", '[tool.uv.sources.urls]\nurl = "https\\u003a//evil.example/x"\n', 2, "evil.example"),
        ("pyproject.toml", "", 'no TOML\nx = "https://evil.example/x"\n', 2, "evil.example"),
        ("go.mod", "", "replace docs => github.com/e/docs v1\n", 1, "github.com/e/docs"),
        ("pnpm-workspace.yaml", "", "catalog:\n  docs: https://evil.example/x.tgz\n", 2, "evil.example"),
        ("pubspec.yaml", "", 'dependencies:\n  docs: {git: "https:\\x2f\\x2fevil.example/x"}\n', 2, "evil.example"),
        ("Gemfile", "", "gem 'x',\n  source: 'https://evil.example'\n", 2, "evil.example"),
        ("Gemfile", "", ";source 'https://evil.example'\n", 1, "evil.example"),
        ("setup.cfg", "", "install_requires =\n  x@https://evil.example/x.whl\n", 2, "evil.example"),
        ("x.csproj", "", "<Authors>me</Authors><RestoreSources>https://evil.example/v3</RestoreSources>\n", 1, "evil"),
        ("nuget.config", "", '<!-- x --><add key="x" value="https&#58;//evil.example/v3" />\n', 1, "evil.example"),
        ("pom.xml", "", "<repositories>\n<!-- </repositories> -->\n<url>https://evil.example/m2</url>\n", 3, "evil"),
        ("pom.xml", "", "<properties><at>https://evil.example/m2</at></properties>\n", 1, "evil.example"),
    ],
)  # fmt: skip
def test_what_is_new(path: str, before: str, after: str, line: int, words: str) -> None:
    assert tells_sources(path)
    found = [one for one in new_sources(path, before, after) if words in one.what]
    assert [one.line for one in found] == [line]
    assert new_sources(path, after, after) == ()


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("package-lock.json", npm(), npm("b", resolved="https://registry.npmjs.org/b/-/b-1.0.0.tgz")),
        ("package-lock.json", npm(), npm("@s/b", resolved="https://registry.npmjs.org/@s/b/-/b-1.0.0.tgz")),
        ("package-lock.json", npm(), npm("b", resolved="https://registry.npmjs.org/c/-/c-1.0.0.tgz", name="c")),
        ("package-lock.json", npm(), npm(version="2.0.0", integrity="sha512-BBBBBBBBBBBB")),
        ("package-lock.json", npm(), npm(funding={"url": "https://opencollective.com/a"})),
        ("package.json", "{}", '{"repository": "me/mine", "homepage": "https://a.example"}'),
        ("package.json", "{}", '{"scripts": {"x": "curl https://a.example"}, "dependencies": {"a": "npm:b@1"}}'),
        ("pyproject.toml", "", '[project.urls]\nTracker = "https://a.example"\n'),
        ("requirements.txt", "", "# see https://a.example\na==1\n--index-url https://pypi.org/simple\n"),
        ("Cargo.toml", "", '[package]\nrepository = "https://github.com/me/mine"\n'),
        ("uv.lock", toml('"x"'), toml('"x"', "b" * 64, version="2")),
        ("go.mod", "", "require github.com/a/b v1\nreplace a => ../a\n"),
        ("composer.lock", "{}", '{"packages": [{"dist": {"url": "https://api.github.com/repos/a/b/zipball/1"}}]}'),
        ("pom.xml", "", "<!--\n<repositories><url>https://a.example</url></repositories>\n-->\n"),
        ("pyproject.toml", "", '[tool.poetry]\nhomepage = "https://a.example"\n[tool.poetry.urls]\nX = "https://b.ex"\n'),
        ("pyproject.toml", "", '# see https://a.example\n[project]\nname = "a"\n'),
        ("x.csproj", "", "<PackageProjectUrl>https://a.example</PackageProjectUrl>\n"),
        ("pubspec.yaml", "", "homepage: https://a.example\nissue_tracker: https://b.example\n"),
        ("mix.exs", "", '  source_url: "https://github.com/me/mine",\n  @source_url "x"\n'),
        ("deno.jsonc", "", "// see https://a.example\n"),
        ("pom.xml", "", '<project xmlns="http://maven.apache.org/POM/4.0.0">\n<url>https://a.example</url>\n'),
    ],
)  # fmt: skip
def test_what_is_none(path: str, before: str, after: str) -> None:
    assert new_sources(path, before, after) == ()


def test_what_another_file_of_the_base_names_is_known() -> None:
    mirror = "registry=https://mirror.corp.example/\n"
    known = known_sources({".npmrc": mirror, "src/a.py": ""})
    changed = npm(resolved="https://mirror.corp.example/a/-/a-1.0.0.tgz")
    assert new_sources("package-lock.json", npm(), changed, known) == ()
    assert new_sources("package-lock.json", npm(), changed) != ()


@pytest.mark.parametrize(
    ("path", "before", "after", "found"),
    [
        ("package.json", '{"scripts": {"test": "x"}}', '{"scripts": {"test": "y", "build": "z"}}', []),
        ("package.json", "{}", '{"scripts": {"postinstall": "node x"}}', ["script postinstall"]),
        (
            "package.json",
            '{"scripts": {"prepare": "husky"}}',
            '{"scripts": {"prepare": "husky; x"}}',
            ["script prepare"],
        ),
        ("package.json", '{"scripts": {"prepare": "husky"}}', '{"scripts": {}}', []),
        ("a/package.json", "{}", '{"pnpm": {"onlyBuiltDependencies": ["x"]}}', ["onlyBuiltDependencies"]),
        ("package.json", "{}", '{"scripts": {"postinstall": "x"}, "Scripts": {}}', ["script postinstall"]),
        ("package.json", "{}", '{"trustedDependencies": ["x"], "TrustedDependencies": []}', ["trustedDependencies"]),
        ("package.json", "{}", "{no json", ["script install"]),
        ("composer.json", "{}", '{"scripts": {"post-install-cmd": "x", "test": "y"}}', ["script post-install-cmd"]),
        ("pyproject.toml", "", '[build-system]\nbackend-path = ["."]\n', ["build-system backend-path"]),
        ("binding.gyp", "", "{}", ["binding.gyp, which npm builds"]),
        ("src/app.js", "", '{"scripts": {"postinstall": "x"}}', []),
    ],
)
def test_commands_at_installing(path: str, before: str, after: str, found: list[str]) -> None:
    assert [one.name for one in new_scripts(path, before, after)] == found


@given(st.text(max_size=200), st.text(max_size=200), st.sampled_from(["package.json", "package-lock.json", "uv.lock",
       "yarn.lock", "Pipfile.lock", "pnpm-lock.yaml", "go.mod", "pom.xml", "composer.lock",
       "pyproject.toml"]))  # fmt: skip
def test_any_text_is_answered(before: str, after: str, path: str) -> None:
    assert all(one.line >= 1 and one.what for one in new_sources(path, before, after))
    assert new_sources(path, after, after) == ()
    assert all(one.line >= 1 for one in new_scripts(path, before, after))


@pytest.mark.parametrize("piece", ["a.", "<!--", '"a', "\\", "a://", " ", "[", "'"])
@pytest.mark.parametrize("path", ["pyproject.toml", "pom.xml", "requirements.txt", "package-lock.json"])
def test_hostile_files_cost_little(path: str, piece: str) -> None:
    text = piece * (60_000 // len(piece))
    began = time.process_time()
    new_sources(path, "", text)
    new_scripts(path, "", text)
    assert time.process_time() - began < 1


OLD = {
    "npm1": '{"dependencies": {"a": {"version": "1.0.0", "integrity": "sha512-AAAAAAAAAAAA"}}}',
    "yarn": 'a@^1:\n  version "1.0.0"\n  resolved "https://registry.yarnpkg.com/a/-/a-1.0.0.tgz#%s"\n  integrity %s\n',
    "berry": '"a@npm:1":\n  version: 1\n  checksum: %s\n',
    "composer": '{"packages": [\n{"name": "v/a",\n"version": "1.0", "dist": {"url": "%s", "reference": "%s"}}]}',
    "pip": '{"default": {"a": {"version": "==1.0", "hashes": ["sha256:%s"]}}}',
}
TWO = "sha1-AAAAAAAA sha512-AAAAAAAA"
SHA1, SHA512 = "a" * 40, "sha512-" + "A" * 20
AT = "https://api.github.com/repos/v/a/zipball/1"


def twice(*integrity: str) -> str:
    places = ("node_modules/a", "node_modules/b/node_modules/a")
    both = {place: {**NPM, "integrity": one} for place, one in zip(places, integrity, strict=True)}
    return json.dumps({"packages": both})


@pytest.mark.parametrize(
    ("path", "before", "after", "words"),
    [
        ("package-lock.json", OLD["npm1"], OLD["npm1"].replace("AAAA", "BBBB"), "another hash"),
        ("package-lock.json", "{}", '{"dependencies": {"a": {"resolved": "https://registry.npmjs.org/b/-/b-1.tgz"}}}',
         "address of b"),
        ("package-lock.json", twice("sha512-AAAAAAAA", "sha512-AAAAAAAA"), twice("sha512-AAAAAAAA", "sha512-BBBBBBBB"),
         "another hash"),
        ("package-lock.json", npm(integrity=TWO), npm(integrity=TWO.replace("sha512-A", "sha512-B")),
         "another hash"),
        ("package-lock.json", npm(integrity=TWO), npm(integrity="sha1-AAAAAAAA"), "another"),
        ("yarn.lock", OLD["yarn"] % (SHA1, SHA512), OLD["yarn"] % (SHA1, "sha512-" + "B" * 20), "another hash"),
        ("yarn.lock", OLD["yarn"] % (SHA1, ""), OLD["yarn"] % ("b" * 40, ""), "another hash"),
        ("yarn.lock", "", OLD["yarn"].replace("/a/-/a-", "/b/-/b-"), "a is taken from the address of b"),
        ("yarn.lock", "", '"a@npm:^1":\n  version: 1.0.0\n  resolution: "b@npm:1.0.0"\n', "address of b"),
        ("yarn.lock", OLD["berry"] % ("a" * 128), OLD["berry"] % ("b" * 128), "another hash"),
        ("package-lock.json", npm(), npm(inBundle=True, integrity=""), "no hash"),
        ("composer.lock", OLD["composer"] % (AT, "1"), OLD["composer"] % (AT, "2"), "another hash"),
        ("composer.lock", OLD["composer"] % (AT, "1"), OLD["composer"] % (AT.replace("/v/", "/w/"), "1"),
         "comes from github.com/w/a, and came from github.com/v/a"),
        ("composer.lock", OLD["composer"] % (AT, "1"), OLD["composer"] % ("git@github.com:w/a", "1"), "com/w/a"),
        ("Pipfile.lock", OLD["pip"] % SUM, OLD["pip"] % ("b" * 64), "another hash"),
    ],
)  # fmt: skip
def test_what_a_lock_file_pins_otherwise(path: str, before: str, after: str, words: str) -> None:
    assert [one.what for one in new_sources(path, before, after) if words in one.what]
    assert new_sources(path, after, after) == ()


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("yarn.lock", "", '"a@npm:b@^1":\n  version: 1.0.0\n  resolution: "b@npm:1.0.0"\n'),
        ("yarn.lock", "", '"@s/a@npm:^1, @s/a@npm:^2":\n  version: 1.0.0\n  resolution: "@s/a@npm:1.0.0"\n'),
        ("yarn.lock", OLD["yarn"] % (SHA1, ""), OLD["yarn"] % (SHA1, SHA512)),
        ("package-lock.json", "{}",
         '{"dependencies": {"a": {"version": "npm:b@1", "resolved": "https://registry.npmjs.org/b/-/b-1.tgz"}}}'),
        ("package-lock.json", npm(), twice(NPM["integrity"], NPM["integrity"])),
        ("package-lock.json", npm(integrity="sha1-AAAAAAAA"), npm(integrity=TWO)),
        ("composer.lock", OLD["composer"] % (AT, "1"), (OLD["composer"] % (AT + "2", "2")).replace("1.0", "1.1")),
        ("composer.lock", OLD["composer"].replace("1.0", "dev-main") % (AT, "1"),
         OLD["composer"].replace("1.0", "dev-main") % (AT, "2")),
        ("yarn.lock", OLD["berry"] % ("a" * 128), OLD["berry"] % ("a" * 128) + '"a@patch:a@1#x":\n  version: 1\n'),
        ("package-lock.json", npm(), json.dumps({"packages": {"node_modules/b/node_modules/a": {"version": "1.0.0",
                                                                                       "inBundle": True}}})),
        ("Pipfile.lock", OLD["pip"] % SUM, (OLD["pip"] % ("b" * 64)).replace("1.0", "1.1")),
    ],
)  # fmt: skip
def test_what_a_lock_file_may_pin(path: str, before: str, after: str) -> None:
    assert new_sources(path, before, after) == ()


def test_where_every_hash_changes_the_first_are_named_and_the_others_counted() -> None:
    def lock(letter: str) -> str:
        return json.dumps({"packages": {f"node_modules/p{n}": {"version": "1", "integrity": f"sha512-{letter * 9}"}
                                        for n in range(53)}})  # fmt: skip

    found = new_sources("package-lock.json", lock("A"), lock("B"))
    assert [len(found), found[-1].what[:16]] == [21, "33 more packages"]


def test_which_are_written_by_machines() -> None:
    assert is_lock("a/Cargo.lock")
    assert not is_lock("Cargo.toml")
