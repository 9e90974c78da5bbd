"""What a student saves: parameters, operations, time and energy; and what its teaching took."""
from dataclasses import replace

from course_lib.claims.claim import FAILS, GOOGLE, HOLDS, LIMITED, Figures, Verdict, claim
from course_lib.cost import operations
from course_lib.display import percent
from course_lib.experiments import answering, stars
from course_lib.experiments.draws import shuffled
from course_lib.models.card import count_parameters
from course_lib.world import load_task

BOTH = ("orchard-m", "orchard-xs")


def pair(seed: int) -> tuple:
    """(the large model, the small one, their tokenizer)"""
    return stars.TEACHING.load(seed)[0], *stars.LEARNING.load(seed)


@claim("C63", "A distilled model has fewer parameters than its teacher", (GOOGLE,), lesson="04", core=True,
       tolerance=0.0, models=BOTH, figures=("teacher", "student", "taught", "teacher_inner", "student_inner"))
def fewer(seed: int) -> dict[str, float]:
    """Parameters of both, in all and without embeddings; the student's before and after it is taught (one step)."""
    big, small, tokenizer = pair(seed)
    rows, step = shuffled(load_task("stars")["train"], 16, seed=seed), replace(stars.LEARNING, steps=1)
    method = stars.tuned(small, tokenizer, rows, stars.RATES["gold"], seed, step)
    counted = [count_parameters(model) for model in (big, small)]
    method.merge(small)
    return {"teacher": counted[0][0], "student": counted[1][0], "taught": count_parameters(small)[0],
            "teacher_inner": counted[0][1], "student_inner": counted[1][1]}


@fewer.judged
def judge_fewer(f: Figures) -> Verdict:
    """Holds where the student has fewer parameters, with and without embeddings."""
    because = (f"The teacher has {f['teacher'].mean:,.0f} parameters, the student {f['student'].mean:,.0f} before it "
               f"is taught and {f['taught'].mean:,.0f} after; without embeddings {f['teacher_inner'].mean:,.0f} and "
               f"{f['student_inner'].mean:,.0f}.")
    less = f["taught"].mean < f["teacher"].mean and f["student_inner"].mean < f["teacher_inner"].mean
    return Verdict(HOLDS if less else FAILS, because)


@claim("C64", "It predicts much faster and cheaper", (GOOGLE,), lesson="04", core=True, tolerance=0.3, models=BOTH,
       figures=("teacher", "student", "time"))
def faster(seed: int) -> dict[str, float]:
    """Operations for a token of a prompt, and the time of both in pairs."""
    big, small, tokenizer = pair(seed)
    batch = answering.batch_of(tokenizer, shuffled(load_task("stars")["test"], 32, seed=seed))
    tokens = batch["input_ids"].numel()
    return {"teacher": operations(big, batch) / tokens, "student": operations(small, batch) / tokens,
            "time": answering.in_pairs(big, small, batch)}


@faster.judged
def judge_faster(f: Figures) -> Verdict:
    """Holds where operations and time both shrink to less than half, with a limit where one of them does."""
    because = (f"A token takes the teacher {f['teacher'].mean / 1e6:.2f} million operations and the student "
               f"{f['student'].mean / 1e6:.2f} million, 1 / {f['teacher'].mean / f['student'].mean:.1f}; in pairs of "
               f"runs the student needs {percent(f['time'].mean)} of the teacher's time.")
    less = [f["student"].mean < f["teacher"].mean / 2, f["time"].mean < 0.5]
    if all(less):
        slower = f["time"].mean > 1.2 * f["student"].mean / f["teacher"].mean
        return Verdict(HOLDS, because + " Time shrinks less than operations: small steps have costs of their own."
                       * slower)
    return Verdict(LIMITED if any(less) else FAILS, because)


@claim("C99", "Distillation lowers the environmental cost of predictions", (GOOGLE,), lesson="04", core=True,
       tolerance=0.3, models=BOTH, figures=("teacher", "student", "cpu", "break_even"))
def energy(seed: int) -> dict[str, float]:
    """Operations for 1,000 answers, the student's share of processor time, and what pays for the teaching."""
    big, small, tokenizer = pair(seed)
    rows = shuffled(load_task("stars")["train"], 32, seed=seed)
    batch = answering.batch_of(tokenizer, rows)
    each = [operations(model, batch) / len(rows) for model in (big, small)]
    return {"teacher": 1000 * each[0], "student": 1000 * each[1], "cpu": answering.in_pairs(big, small, batch),
            "break_even": answering.break_even(big, small, tokenizer, rows.select(range(stars.TEACHING.batch)), each)}


@energy.judged
def judge_energy(f: Figures) -> Verdict:
    """Holds where an answer costs less in operations and in processor time; the teaching is told beside it."""
    because = (f"For 1,000 answers the teacher takes {f['teacher'].mean / 1e9:,.0f} billion operations, the student "
               f"{f['student'].mean / 1e9:,.0f} billion, and {percent(f['cpu'].mean)} of the teacher's processor time. "
               f"Teaching took as much as {f['break_even'].mean:,.0f} answers save.")
    less = f["student"].mean < f["teacher"].mean and f["cpu"].mean < 1
    return Verdict(HOLDS if less else FAILS, because)
