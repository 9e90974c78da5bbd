"""How lesson 00's claim is judged. What is measured for it stands in measures/lesson_00.py."""
from course_lib.claims.old import FAILS, HOLDS, Claim, Figures, Measures, Verdict

measures = Measures("00")
TIMES = 5  # word frequencies alone must be so many times as unsure as the model


def judge_base_model_writes(f: Figures) -> Verdict:
    """Holds where word frequencies alone are at least five times (`TIMES`) as unsure."""
    because = (f"On unseen documents the base model's perplexity is {f['perplexity']}; with word frequencies "
               f"alone it is {f['unigram_perplexity']}, and untrained it is {f['untrained_perplexity']}.")
    if f["unigram_perplexity"].mean >= TIMES * f["perplexity"].mean:
        return Verdict(HOLDS, because)
    return Verdict(FAILS, because + " It has learned little beyond which words are frequent.")


CLAIMS = [
    Claim("C01", "A base model knows grammar and writes about what it was trained on",
          ("Google MLCC", "Unite.AI guide"), ("perplexity", "unigram_perplexity", "untrained_perplexity"),
          measures.base_model_writes, judge_base_model_writes, core=True, tolerance=0.02),
]
