"""Answers that are alike, for a person to judge: nobody is accused by a number, and no mark depends on it.

Each line is read as tokens, without comments, and with one name for all names that the answer itself gives. Lines of
the stub, the reference and the known mistakes are left out, for everybody may write these; what remains is compared by
rapidfuzz. A class that copied from one makes one group, not thousands of pairs.
"""
import ast
import io
import keyword
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from course_lib.grading.results import Graded

LEAST_TOKENS = 25    # of an answer's own; fewer are too few to tell anything
ALIKE = 0.85         # share of tokens in common from which two belong together
LARGEST = 20_000     # characters of an answer that are read
NOTHING = {tokenize.COMMENT, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING, tokenize.ENDMARKER}


@dataclass(frozen=True)
class Group:
    """Answers to one task, each alike to another of them; the two that are most alike come first."""
    task: str
    students: tuple[str, ...]
    sources: tuple[str, ...]
    share: float             # of their tokens that these two have in common


def similar(graded: Iterable[Graded], known: Mapping[str, Iterable[str]]) -> list[Group]:
    """The groups of answers that are alike, the most alike first. `known`: task id -> what everybody may write."""
    answers = defaultdict(list)
    for one in graded:
        for mark in one.marks:
            answers[mark.task].append((one.student, mark.source))
    found = []
    for task, given in answers.items():
        common = {line for source in known.get(task, ()) for line in (*lines(source), *words(source))}
        own = [(*one, tokens) for one in given if len(tokens := tokens_of(one[1], common)) >= LEAST_TOKENS]
        for members, share in groups([tokens for *_, tokens in own]):
            found.append(Group(task, tuple(own[i][0] for i in members), tuple(own[i][1] for i in members), share))
    return sorted(found, key=lambda group: (-group.share, -len(group.students), group.task, group.students))


def groups(texts: list[list[str]]) -> list[tuple[list[int], float]]:
    """(numbers of the texts in a group, the share of its most alike two, which come first), for texts of tokens."""
    if len(texts) < 2:
        return []
    from rapidfuzz import process
    from rapidfuzz.distance import Indel

    shares = process.cdist(texts, texts, scorer=Indel.normalized_similarity, score_cutoff=ALIKE)
    near = {i: {j for j in range(len(texts)) if j != i and shares[i, j] >= ALIKE} for i in range(len(texts))}
    found = []
    while near:
        members, new = set(), {next(iter(near))}
        while new:
            members |= new
            new = set().union(*(near[i] for i in new)) - members
        if len(members) > 1:
            i, j = min(((i, j) for i in members for j in near[i] if i < j), key=lambda two: (-shares[two], two))
            found.append(([i, j, *sorted(members - {i, j})], float(shares[i, j])))
        near = {i: others for i, others in near.items() if i not in members}
    return found


def tokens_of(source: str, common: set[tuple[str, ...]]) -> list[str]:
    return [token for line in lines(source) if line not in common for token in line]


def lines(source: str) -> list[tuple[str, ...]]:
    """The logical lines of a piece of Python as tokens; what is no Python is read as words."""
    try:
        own, found, line = own_names(source[:LARGEST]), [], []
        for token in tokenize.generate_tokens(io.StringIO(source[:LARGEST]).readline):
            if token.type == tokenize.NEWLINE:
                found.append(tuple(line))
                line = []
            elif token.type not in NOTHING:
                line.append("ONE" if token.string in own else token.string)
    except (tokenize.TokenError, SyntaxError, ValueError, RecursionError, MemoryError):
        return words(source)
    return [one for one in found if one]


def words(source: str) -> list[tuple[str, ...]]:
    """The words and signs of each line, without comments, of what need not be Python."""
    found = [tuple(re.findall(r"\w+|[^\w\s]", one.partition("#")[0])) for one in source[:LARGEST].splitlines()]
    return [one for one in found if one]


def own_names(source: str) -> set[str]:
    """The names that the code gives: its arguments and variables."""
    tree = ast.parse(source)
    names = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    names |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return {name for name in names if not keyword.iskeyword(name)}
