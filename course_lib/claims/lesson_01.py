"""How lesson 01's claims are judged. What is measured for them stands in measures/lesson_01.py."""
from course_lib.claims.old import FAILS, HOLDS, LIMITED, Claim, Figures, Measures, Verdict, share

measures = Measures("01")
K = (0, 1, 2, 4, 8)
CLOSE = 0.05  # figures nearer to each other than this are called about equal
LITTLE = 0.03  # a gain of no more is called none
CLEAR = 0.1  # a gain of as much is called one
TUNING = 0.15  # what tuning must add to the bare model
BITS = 0.1  # of entropy, more than which four examples must take away
HARDLY, NEARLY = 0.2, 0.8  # of a gain: who loses less loses hardly anything of it; who loses as much, nearly all


def judge_review_labels(f: Figures) -> Verdict:
    """Holds where tuning adds 15 points or more (`TUNING`)."""
    because = (f"Choosing between two label words, the bare model is right in {share(f['base'])} of the reviews, "
               f"guessing in {share(f['chance'])}, and after fine-tuning in {share(f['tuned'])}.")
    if f["tuned"].mean - f["base"].mean >= TUNING:
        return Verdict(HOLDS, because)
    return Verdict(FAILS, because + " Fine-tuning adds little.")


def judge_one_example(f: Figures) -> Verdict:
    """Holds where form and answer gain ten points or more (`CLEAR`), with a limit where only the form does."""
    because = (f"With no example {share(f['valid_0'])} of the answers have the right form and "
               f"{share(f['right_0'])} are right; with one, {share(f['valid_1'])} and {share(f['right_1'])}. "
               f"Untrained: {share(f['untrained_1'])}.")
    if f["valid_1"].mean - f["valid_0"].mean < CLEAR:
        return Verdict(FAILS, because + " One example does not set the form.")
    if f["right_1"].mean - f["right_0"].mean < CLEAR:
        return Verdict(LIMITED, because + " One example sets the form, and hardly helps with the answer.")
    return Verdict(HOLDS, because)


def judge_several_examples(f: Figures) -> Verdict:
    """By what the first example gains and what the best of the later ones gains beyond it."""
    right = {k: f[f"right_{k}"] for k in K}
    first, later = right[1].mean - right[0].mean, max(right[k].mean for k in (2, 4, 8)) - right[1].mean
    if max(first, later) <= LITTLE:
        word, finding = FAILS, "examples hardly help"
    elif later <= LITTLE:
        word, finding = FAILS, "one example does all of it"
    elif later < first - CLOSE:
        word, finding = LIMITED, "one example does most of it, further ones help a little"
    elif later <= first + CLOSE:
        word, finding = HOLDS, "the first example and the later ones bring about as much"
    else:
        word, finding = HOLDS, "the later examples bring more than the first"
    shares = ", ".join(f"{share(figure)} (k = {k})" for k, figure in right.items())
    return Verdict(word, f"Right answers: {shares}: {finding}.")


def judge_ambiguity(f: Figures) -> Verdict:
    """Holds where four examples take more than a tenth of a bit away (`BITS`)."""
    because = (f"Over names that a fruit shares with a company, the answers' entropy is {f['bits_0']} bits with "
               f"no example, {f['bits_1']} with one and {f['bits_4']} with four.")
    if f["bits_0"].mean - f["bits_4"].mean > BITS:
        return Verdict(HOLDS, because)
    return Verdict(FAILS, because + " Without examples the answer is about as certain as with them.")


def judge_unchanged(f: Figures) -> Verdict:
    """Holds where nothing at all changes."""
    same = f["added"].mean == 0 and f["changed"].mean == 0
    because = (f"Parameters added: {f['added'].mean:.0f}. The hash of all weights after the questions is "
               f"{'another one' if f['changed'].mean else 'the same as before'}.")
    return Verdict(HOLDS if same else FAILS, because)


def judge_shuffled(f: Figures) -> Verdict:
    """By how much of what the examples gain is lost when their labels are shuffled."""
    because = (f"Four examples give {share(f['right_labels'])}; with their labels shuffled "
               f"{share(f['shuffled_labels'])}; with no example {share(f['no_examples'])}.")
    lost = f["right_labels"].mean - f["shuffled_labels"].mean
    gain = f["right_labels"].mean - f["no_examples"].mean
    if gain <= CLOSE:
        return Verdict(FAILS, because + " The examples hardly help, with whatever labels.")
    if lost < HARDLY * gain:
        return Verdict(FAILS, because + " The labels hardly matter: the examples show the form, they do not teach "
                                        "the pairs.")
    if lost < NEARLY * gain:
        return Verdict(LIMITED, because + " Part of the gain depends on the labels, the rest on the form.")
    return Verdict(HOLDS, because + " Nearly all of the gain depends on the labels.")


MLCC = ("Google MLCC",)
CLAIMS = [
    Claim("C02", "Writing text is not yet solving a task: the base model is a platform, not a solution", MLCC,
          ("chance", "base", "tuned"), measures.review_labels, judge_review_labels, core=True, tolerance=0.1),
    Claim("C68", "One example sets the format (peach: drupe / apple: ___)", MLCC,
          ("valid_0", "right_0", "valid_1", "right_1", "untrained_1"),
          measures.one_example, judge_one_example, core=True),
    Claim("C69", "Sometimes several examples are needed (plum: drupe / pear: pome / lemon: ___)", MLCC,
          tuple(f"right_{k}" for k in K), measures.several_examples, judge_several_examples, core=True),
    Claim("C70", "Zero-shot “apple: ___” is ambiguous: fruit or company", MLCC,
          ("bits_0", "bits_1", "bits_4"), measures.ambiguity, judge_ambiguity, core=True, tolerance=0.1),
    Claim("C71", "Prompting neither adds nor changes parameters", MLCC,
          ("added", "changed"), measures.unchanged, judge_unchanged, core=True, tolerance=0.0),
    Claim("C72", "Few-shot lines are training examples", MLCC,
          ("right_labels", "shuffled_labels", "no_examples"),
          measures.shuffled, judge_shuffled, core=True, tolerance=0.1),
]
