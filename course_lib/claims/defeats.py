"""docs/negative-results.md: what did not hold, what cannot be told, and what turned round, made from the records."""
from course_lib import claims
from course_lib.claims.claim import FAILS, LIMITED, UNTOLD, UNTOLD_HERE, Claim

PARTS = {FAILS: "What did not hold", LIMITED: "What holds in some settings and not in others",
         UNTOLD: "What our measurements leave open", UNTOLD_HERE: "What models of this size cannot decide"}
HEAD = """# What did not hold, and what cannot be told

A course that prints its own defeats can be believed in the rest. This page is made from the records of the claims
(`python -m course_lib.claims.defeats`): each of these sentences stands in a text that many people learn from, and was
measured on the models of this course. `course claims run ID --from 100 --check` measures one with seeds of your own.
"""


def page() -> str:
    """The page, in Markdown."""
    found = [(claim, claim.judge(claims.recorded(claim.id))) for claim in claims.all_claims().values()]
    lines = [HEAD]
    for word, title in PARTS.items():
        lines.append(f"## {title}\n")
        lines += [f"- {name(claim)} ({', '.join(claim.sources)}). {in_lines(verdict.because)}"
                  for claim, verdict in found if verdict.word == word] or ["None."]
        lines.append("")
    lines.append("## What our own earlier measurements had wrong\n")
    lines += [f"- {name(claim)}, now: {verdict.word}. {claim.turned}"
              for claim, verdict in found if claim.turned] or ["None."]
    return "\n".join(lines) + "\n"


def in_lines(because: str) -> str:
    """What was found, each setting's interval in a line of its own."""
    return because.replace("\n", "\n  - ")


def name(claim: Claim) -> str:
    """A claim as the page names it."""
    return f"**{claim.id}, lesson {claim.lesson}: {claim.text}**"


if __name__ == "__main__":
    from course_lib.files import write_text
    from course_lib.root import find_root

    write_text(find_root("docs") / "docs" / "negative-results.md", page())
