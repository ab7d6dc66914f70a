"""Formulas of a text on GitHub: which of them may hold words that nobody sees."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

_WORDS = """
alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi varpi rho varrho
sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
frac dfrac tfrac binom dbinom tbinom sqrt sum prod coprod int iint iiint oint lim limsup liminf sup inf max min
arg sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh log ln lg exp det dim ker gcd deg hom Pr mod
bmod pmod cdot cdots ldots dots vdots ddots dotsc dotsb times div pm mp ast star circ bullet oplus ominus otimes
oslash odot cap cup sqcap sqcup vee wedge land lor lnot neg setminus smallsetminus amalg dagger ddagger wr le
leq ge geq ne neq eq equiv approx approxeq sim simeq cong propto ll gg prec succ preceq succeq subset supset
subseteq supseteq subsetneq supsetneq sqsubseteq in ni notin mid parallel perp vdash dashv models top bot
triangleq to gets mapsto longmapsto rightarrow leftarrow Rightarrow Leftarrow leftrightarrow Leftrightarrow
longrightarrow longleftarrow Longrightarrow Longleftarrow iff implies impliedby uparrow downarrow Uparrow
Downarrow updownarrow nearrow searrow hookrightarrow hookleftarrow rightharpoonup leftharpoonup
rightleftharpoons xrightarrow xleftarrow forall exists nexists emptyset varnothing infty nabla partial hbar ell
Re Im aleph wp imath jmath prime angle triangle square blacksquare lozenge checkmark therefore because
complement degree left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr langle rangle
lceil rceil lfloor rfloor lvert rvert lVert rVert lbrace rbrace lbrack rbrack vert Vert backslash bigcap bigcup
bigvee bigwedge bigoplus bigotimes bigsqcup limits nolimits hat widehat bar overline underline tilde widetilde
vec dot ddot dddot check breve acute grave mathring overbrace underbrace overset underset stackrel
overrightarrow overleftarrow substack boxed cancel text textrm textbf textit texttt textsf textnormal mbox
mathrm mathbf mathit mathsf mathtt mathcal mathbb mathfrak mathscr boldsymbol bm pmb operatorname rm bf it
displaystyle textstyle quad qquad begin end hline cr tag notag nonumber colon lt gt amp not
"""
_PLAIN = frozenset(_WORDS.split())
"""Commands of formulas whose words are all seen. Of any other that is not certain."""
_PIECES = re.compile(r"\\(?:([A-Za-z]+)|.)|%", re.DOTALL)
_HIDING = re.compile(
    r"\\(?:[hv]?phantom|(?:text|f|page)?color(?:box)?|(?:math)?[lrc]lap|smash|class|cssId|style|data|href|label|bbox|"
    r"toggle|texttip|mathtip|unicode|(?:re)?newcommand|require|[tT]iny)\s*[{\[]|\\(?:[mh]?kern|[mh]skip)\s*-?\d|"
    r"\\(?:def|let)\s*\\"
)
"""Commands that surely hide, with what follows them: not a name of a folder behind a `\\`."""
_DOLLAR = re.compile(r"\$")


def hides_words(formula: str, *, percent: bool = False) -> bool:
    """Whether some of it may not be seen. `percent`: `\\%` shows a percent sign, as it does in a block."""
    for piece in _PIECES.finditer(formula):
        command = piece.group(1)
        if command is not None and command not in _PLAIN:
            return True
        if piece.group() == "%" or (piece.group() == "\\%" and not percent):
            return True
    return False


def hidden_formulas(text: str, words: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """From where to where formulas that may hide something stand in a block; `words` are the parts that are words.

    Not all readers find formulas at the same places: all that could be one is looked at.
    """
    dollars = [match.start() for start, end in words for match in _DOLLAR.finditer(text, start, end)]
    for here, following in pairwise(dollars):
        if _HIDING.search(text, here, following):
            yield here, following + 1
    for begin, end in (*_pairs(text, dollars), *_blocks(text, dollars)):
        if hides_words(text[begin:end]):
            yield begin, end


def _pairs(text: str, dollars: Sequence[int]) -> Iterator[tuple[int, int]]:
    """What may be a formula between single dollars: from the first that may open it to the next that may close it."""
    opened: int | None = None
    for place in dollars:
        before, behind = text[place - 1 : place], text[place + 1 : place + 2]
        if opened is not None and before not in ("", "\\") and not before.isspace() and not behind.isalnum():
            yield opened, place + 1
            opened = None
        if opened is None and behind and not behind.isspace():
            opened = place


def _blocks(text: str, dollars: Sequence[int]) -> Iterator[tuple[int, int]]:
    """What may be a formula between double dollars."""
    double = [place for place, following in pairwise(dollars) if following == place + 1]
    return ((begin, end + 2) for begin, end in pairwise(double))
