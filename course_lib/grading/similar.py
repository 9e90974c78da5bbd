"""Answers that are alike, for a person to judge: nobody is accused by a number, and no mark depends on it.

Each line is read as tokens, without comments, and with one name for all names that the answer itself gives. Lines of
the stub and of the reference are left out, for everybody may write these; what remains is compared by rapidfuzz.
"""
import ast
import io
import itertools
import keyword
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from course_lib.grading.results import Graded

LEAST_TOKENS = 25    # of an answer's own; fewer are too few to tell anything
ALIKE = 0.85         # share of tokens in common from which two are shown
LARGEST = 20_000     # characters of an answer that are read
NOTHING = {tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING, tokenize.ENDMARKER}


@dataclass(frozen=True)
class Pair:
    """Two answers to one task, and the share of tokens that they have in common."""
    task: str
    students: tuple[str, str]
    sources: tuple[str, str]
    share: float


def similar(graded: Iterable[Graded], known: Mapping[str, Iterable[str]]) -> list[Pair]:
    """The pairs of answers that are alike, the most alike first. `known`: task id -> the stub and the reference."""
    from rapidfuzz import process
    from rapidfuzz.distance import Indel

    answers = defaultdict(list)
    for one in graded:
        for mark in one.marks:
            answers[mark.task].append((one.student, mark.source))
    pairs = []
    for task, given in sorted(answers.items()):
        common = {line for source in known.get(task, ()) for line in lines(source)}
        own = [(*one, tokens) for one in given if len(tokens := tokens_of(one[1], common)) >= LEAST_TOKENS]
        texts = [tokens for *_, tokens in own]
        shares = process.cdist(texts, texts, scorer=Indel.normalized_similarity, score_cutoff=ALIKE)
        for i, j in itertools.combinations(range(len(own)), 2):
            if shares[i][j] >= ALIKE:
                pairs.append(Pair(task, (own[i][0], own[j][0]), (own[i][1], own[j][1]), float(shares[i][j])))
    return sorted(pairs, key=lambda pair: (-pair.share, pair.task, pair.students))


def tokens_of(source: str, common: set[tuple[str, ...]]) -> list[str]:
    return [token for line in lines(source) if line not in common for token in line]


def lines(source: str) -> list[tuple[str, ...]]:
    """The logical lines of a piece of Python as tokens; what is no Python is split at its words and signs."""
    source = source[:LARGEST]
    own, found, line = own_names(source), [], []
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.NEWLINE:
                found.append(tuple(line))
                line = []
            elif token.type not in NOTHING:
                line.append("ONE" if token.string in own else token.string)
    except (tokenize.TokenError, SyntaxError):
        return [tuple(re.findall(r"\w+|[^\w\s]", one)) for one in source.splitlines() if one.strip()]
    return [one for one in found if one]


def own_names(source: str) -> set[str]:
    """The names that the code gives: its arguments and variables; none where it is no Python."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    names = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    names |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return {name for name in names if not keyword.iskeyword(name)}
