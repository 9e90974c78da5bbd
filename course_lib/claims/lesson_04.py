"""How lesson 04's claims are judged. What is measured for them stands in measures/lesson_04*.py."""
from course_lib.claims.old import FAILS, HOLDS, LIMITED, Claim, Figures, Measures, Verdict, share
from course_lib.display import percent

measures, cost, size, parts, bias = map(Measures, ("04", "04_cost", "04_size", "04_parts", "04_bias"))
CLOSE = 0.05        # accuracies nearer to each other than this are called about equal
GONE, HALF = (25, 50, 75), 50  # per cent of the heads, or of the neurons, that are taken out
FEW = 32            # labels of a teacher who is wrong more often
BIASED = 0.1        # stars: who gives more than this too few, in the mean, is biased


def judge_fewer(f: Figures) -> Verdict:
    """Holds where the student has fewer parameters, with and without embeddings."""
    because = (f"The teacher has {f['teacher'].mean:,.0f} parameters, the student {f['student'].mean:,.0f} before it "
               f"is taught and {f['taught'].mean:,.0f} after; without embeddings {f['teacher_inner'].mean:,.0f} and "
               f"{f['student_inner'].mean:,.0f}.")
    fewer = f["taught"].mean < f["teacher"].mean and f["student_inner"].mean < f["teacher_inner"].mean
    return Verdict(HOLDS if fewer else FAILS, because)


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


def judge_between(f: Figures) -> Verdict:
    """Holds where the student is below its teacher, and above the same model on the teacher's labels."""
    because = (f"Teacher {share(f['teacher'])}; distilled student {share(f['distilled'])}; the same student on the "
               f"teacher's {f['labels'].mean:.0f} labels {share(f['alone'])}, on {f['rows'].mean:.0f} right labels "
               f"{share(f['gold'])}, on as many of the teacher's answers without probabilities {share(f['hard'])}; "
               f"over the whole vocabulary {share(f['vocabulary'])}; from random weights {share(f['random'])}; "
               f"untaught {share(f['bare'])}. A teacher of {FEW} labels: {share(f['few_teacher'])}; its student "
               f"{share(f['few_soft'])} on its probabilities, {share(f['few_hard'])} on its answers.")
    below = f["distilled"].mean < f["teacher"].mean - 0.01
    above = f["distilled"].mean > f["alone"].mean + 0.01
    if below and above:
        return Verdict(HOLDS, because)
    return Verdict(LIMITED if below or above else FAILS, because + (
        " Teaching brings nothing over the labels alone." if below else " Here the student is not worse."))


def judge_size(f: Figures) -> Verdict:
    """By size at the end of pretraining, and at the compute of the smallest: holds where the larger wins at both."""
    because = (f"Pretrained on {f['tokens'].mean / 1e6:.0f} million tokens, xs, s and m reach a loss of "
               f"{f['long_xs'].mean:.2f}, {f['long_s'].mean:.2f} and {f['long_m'].mean:.2f}. With the operations that "
               f"xs took in all, m stands at {f['equal_m'].mean:.2f}, xs at {f['equal_xs'].mean:.2f}. Trained anew: on "
               f"the same little text {f['text_xs'].mean:.2f}, {f['text_s'].mean:.2f} and {f['text_m'].mean:.2f}; with "
               f"the same few operations {f['work_xs'].mean:.2f}, {f['work_s'].mean:.2f} and {f['work_m'].mean:.2f}.")
    long = f["long_m"].mean < f["long_s"].mean < f["long_xs"].mean
    equal = f["equal_m"].mean < f["equal_xs"].mean and f["work_m"].mean < f["work_xs"].mean
    if long and equal:
        return Verdict(HOLDS, because)
    if long:
        return Verdict(LIMITED, because + " More parameters win where they are trained for long, and not else.")
    return Verdict(FAILS, because)


def judge_parts(f: Figures) -> Verdict:
    """By the largest share of heads or of neurons that costs the task at most 5 points: a half, a quarter, or less."""
    told = {part: ", ".join(f"{share(f[f'{part}_{gone}'])} without {gone} %" for gone in GONE)
            for part in ("heads", "neurons")}
    because = (f"Whole: {share(f['whole'])} right. Heads, the least important ones: {told['heads']} (without {HALF} % "
               f"drawn by chance {share(f['heads_random'])}). Neurons: {told['neurons']} (by chance "
               f"{share(f['neurons_random'])}). Loss on ordinary text: {f['loss_whole'].mean:.2f} whole, "
               f"{f['loss_heads'].mean:.2f} and {f['loss_neurons'].mean:.2f} without {HALF} %.")
    spared = max((gone for part in ("heads", "neurons") for gone in GONE
                  if f[f"{part}_{gone}"].mean >= f["whole"].mean - CLOSE), default=0)
    return Verdict(HOLDS if spared >= HALF else LIMITED if spared else FAILS, because)


def judge_bias(f: Figures) -> Verdict:
    """Holds where the skewed teacher's student is more skewed than those of a fair teacher and of right labels."""
    because = (f"Stars that reviews get too few, in the mean: from the skewed teacher {f['teacher'].mean:.2f}, from "
               f"its student {f['student'].mean:.2f}; from a fair teacher {f['fair'].mean:.2f}, from its student "
               f"{f['fair_student'].mean:.2f}; from a student of the right labels {f['labels'].mean:.2f}.")
    gap = f["student"].mean - max(f["fair_student"].mean, f["labels"].mean)
    if f["teacher"].mean - f["fair"].mean <= BIASED or gap <= BIASED:
        return Verdict(FAILS, because + " The bias is not inherited.")
    part = (f["student"].mean - f["fair_student"].mean) / (f["teacher"].mean - f["fair"].mean)
    return Verdict(HOLDS, because + f" The student, who saw no skewed label, inherits {percent(part)} of the bias.")


def judge_energy(f: Figures) -> Verdict:
    """Holds where an answer costs less in operations and in processor time; the teaching is told beside it."""
    because = (f"For 1,000 answers the teacher takes {f['teacher'].mean / 1e9:,.0f} billion operations, the student "
               f"{f['student'].mean / 1e9:,.0f} billion, and {percent(f['cpu'].mean)} of the teacher's processor time. "
               f"Teaching took as much as {f['break_even'].mean:,.0f} answers save.")
    less = f["student"].mean < f["teacher"].mean and f["cpu"].mean < 1
    return Verdict(HOLDS if less else FAILS, because)


COURSE = "Google MLCC"
BOTH = ("orchard-m", "orchard-xs")
CLAIMS = [
    Claim("C63", "A distilled model has fewer parameters than its teacher", (COURSE,),
          ("teacher", "student", "taught", "teacher_inner", "student_inner"), cost.fewer, judge_fewer, core=True,
          tolerance=0.0, models=BOTH),
    Claim("C64", "It predicts much faster and cheaper", (COURSE,), ("teacher", "student", "time"), cost.faster,
          judge_faster, core=True, tolerance=0.3, models=BOTH),
    Claim("C65", "Its predictions are usually not as good as its teacher's", (COURSE,),
          ("teacher", "distilled", "alone", "gold", "hard", "vocabulary", "random", "bare", "labels", "rows",
           "few_teacher", "few_soft", "few_hard"),
          measures.between, judge_between, core=True, tolerance=0.1, models=BOTH),
    Claim("C66", "More parameters are almost always better", (COURSE,),
          ("tokens", "long_xs", "long_s", "long_m", "equal_xs", "equal_m", *(f"{kind}_{size}" for kind in
           ("text", "work") for size in ("xs", "s", "m"))), size.size_and_data, judge_size, tolerance=0.1,
          models=("orchard-xs", "orchard-s", "orchard-m")),
    Claim("C67", "Large parts of a large model do not matter to one application", (COURSE,),
          ("whole", *(f"{part}_{gone}" for part in ("heads", "neurons") for gone in GONE), "heads_random",
           "neurons_random", "loss_whole", "loss_heads", "loss_neurons"), parts.parts, judge_parts, core=True,
          tolerance=0.2, models=("orchard-m",)),
    Claim("C97", "A model inherits the bias of what it was distilled from", (COURSE,),
          ("teacher", "student", "fair", "fair_student", "labels"), bias.inherited, judge_bias, tolerance=0.2,
          models=BOTH),
    Claim("C99", "Distillation lowers the environmental cost of predictions", (COURSE,),
          ("teacher", "student", "cpu", "break_even"), cost.energy, judge_energy, core=True, tolerance=0.3,
          models=BOTH),
]
