"""Languages of code that a fence may name: the page shows no other name, which could be any word."""

from __future__ import annotations

_NAMES = """
actionscript ada apache apacheconf applescript arduino asciidoc asm assembly astro awk bash basic bat batch bazel
bibtex bicep bison brainfuck c c# c++ cairo cfg clj clojure cmake cmd cobol coffee coffeescript common-lisp conf
console cpp crystal cs csharp csproj css csv cts cu cuda cxx cython d dart desktop diff django docker dockerfile dot
dotenv ejs elisp elixir elm emacs-lisp env erb erl erlang ex exs f# f90 fish flow fortran fs fsharp gdscript geojson
gherkin git-config gitattributes gitconfig gitignore gleam glsl go gomod graphql groovy h haml handlebars haskell
hbs hcl hlsl hpp hs htm html html+erb http hxx ini ini-file ipynb java java-properties javascript jinja jinja2 jl js
json json5 jsonc jsonl jsonnet jsonpath jsx julia just justfile kotlin kql kt kts latex less liquid lisp llvm log
lua make makefile markdown mat math matlab md mdx mermaid meson mjs ml mojo mts mustache mysql nasm nginx nim ninja
nix node objc objective-c objectivec ocaml octave openapi output pascal patch perl pgsql php pl plain plaintext
plantuml plpgsql plsql postgres postgresql postscript powershell prisma prolog proto protobuf ps1 psql pug puppet
pwsh py py3 pycon pyi pytb python python-console python-repl python3 q# qml r racket rake raku razor rb rd re reason
regex requirements rescript restructuredtext rs rst ruby rust sas sass scala scheme scm scss sed sh shell
shell-session shellsession smali smalltalk sol solidity sparql splunk sql sqlite starlark stata stl styl stylus
suggestion sv svelte svg swift systemverilog tcl tcsh terminal terraform tex text textile tf thrift toml topojson
traceback ts tsql tsv tsx twig txt typescript typst v vala vb vb.net vbnet vbs verilog vhdl vim viml vue wasm wast
wat wgsl xhtml xml xsl xslt yacc yaml yaml+jinja yml zig zsh
"""
_LANGUAGES = frozenset(_NAMES.split())


def is_language(name: str) -> bool:
    """Whether this is the name of a language, or none."""
    return not name or name.lower() in _LANGUAGES
