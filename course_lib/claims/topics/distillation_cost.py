"""What a student saves: parameters, operations, time and energy; and what its teaching took."""
from dataclasses import replace

from course_lib.claims.claim import CONSTRUCTED, GOOGLE, Figures, claim, less, more
from course_lib.cost import operations
from course_lib.experiments import answering, stars
from course_lib.experiments.draws import shuffled
from course_lib.models.card import count_parameters
from course_lib.world import load_task

BOTH = ("orchard-m", "orchard-xs")


def pair(seed: int) -> tuple:
    """(the large model, the small one, their tokenizer)"""
    return stars.TEACHING.load(seed)[0], *stars.LEARNING.load(seed)


@claim("C63", "A distilled model has fewer parameters than its teacher", (GOOGLE,), lesson="04", core=True,
       kind=CONSTRUCTED, question="Has the student fewer parameters than its teacher, with and without embeddings?",
       asks={"in all": less(lambda f: f["taught"] / f["teacher"] - 1, 0.02, "percent"),
             "without embeddings": less(lambda f: f["student_inner"] / f["teacher_inner"] - 1, 0.02, "percent")},
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


@fewer.told
def tell_fewer(f: Figures) -> str:
    """Both counts."""
    return (f"The teacher has {f['teacher'].mean:,.0f} parameters, the student {f['student'].mean:,.0f} before it is "
            f"taught and {f['taught'].mean:,.0f} after; without embeddings {f['teacher_inner'].mean:,.0f} and "
            f"{f['student_inner'].mean:,.0f}. Taught against teacher:")


@claim("C64", "It predicts much faster and cheaper", (GOOGLE,), lesson="04", core=True, tolerance=0.3, models=BOTH,
       question="Does the teacher take more than twice the student's operations for a token, and twice its time?",
       asks={"operations": more(lambda f: f["teacher"] / f["student"], 2, "times"),
             "processor time": more(lambda f: f["time"], 2, "times")},
       figures=("teacher", "student", "time"))
def faster(seed: int) -> dict[str, float]:
    """Operations for a token of a prompt, and how many times the student's processor time the teacher takes."""
    big, small, tokenizer = pair(seed)
    batch = answering.batch_of(tokenizer, shuffled(load_task("stars")["test"], 32, seed=seed))
    tokens = batch["input_ids"].numel()
    return {"teacher": operations(big, batch) / tokens, "student": operations(small, batch) / tokens,
            "time": answering.in_pairs(big, small, batch)}


@faster.told
def tell_faster(f: Figures) -> str:
    """Operations and time."""
    work, time = (f["teacher"] / f["student"]).mean, f["time"].mean
    return (f"A token takes the teacher {f['teacher'].mean / 1e6:.2f} million operations and the student "
            f"{f['student'].mean / 1e6:.2f} million; time was measured in pairs of runs."
            + " Time shrinks less than operations: small steps have costs of their own." * (time < work / 1.2)
            + " The teacher's in the student's:")


@claim("C99", "Distillation lowers the environmental cost of predictions", (GOOGLE,), lesson="04", core=True,
       question="Does an answer of the student cost less than half of one of its teacher's?",
       asks={"operations": more(lambda f: f["teacher"] / f["student"], 2, "times"),
             "processor time": more(lambda f: f["time"], 2, "times")},
       tolerance=0.3, models=BOTH, figures=("teacher", "student", "time", "break_even", "with_pretraining"))
def energy(seed: int) -> dict[str, float]:
    """Operations for 1,000 answers, the teacher's processor time in the student's, and how many answers pay for the
    teaching, alone and with the student's pretraining."""
    big, small, tokenizer = pair(seed)
    rows = shuffled(load_task("stars")["train"], 32, seed=seed)
    batch = answering.batch_of(tokenizer, rows)
    each = [operations(model, batch) / len(rows) for model in (big, small)]
    taught = answering.break_even(big, small, tokenizer, rows.select(range(stars.TEACHING.batch)), each)
    return {"teacher": 1000 * each[0], "student": 1000 * each[1], "time": answering.in_pairs(big, small, batch),
            "break_even": taught, "with_pretraining": taught + answering.pretraining(BOTH[1]) / (each[0] - each[1])}


@energy.told
def tell_energy(f: Figures) -> str:
    """What an answer costs, and what the teaching."""
    return (f"For 1,000 answers the teacher takes {f['teacher'].mean / 1e9:,.0f} billion operations, the student "
            f"{f['student'].mean / 1e9:,.0f} billion. Teaching took as much as {f['break_even'].mean:,.0f} answers "
            f"save, and with the student's own pretraining {f['with_pretraining'].mean:,.0f}. The teacher's in the "
            "student's:")
