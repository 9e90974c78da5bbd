"""How lesson 02's claims are judged. What is measured for them stands in measures/lesson_02*.py."""
from course_lib.claims.old import FAILS, HOLDS, LIMITED, Claim, Figures, Measures, Verdict, share

measures, step, choices = Measures("02"), Measures("02_step"), Measures("02_choices")
SIZES = (16, 64, 256, 1024, 4096)
RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
LITTLE, CLEAR = 0.02, 0.1  # of accuracy: a difference of no more is called none; of as much, a clear one
TURNS = 1.1  # a validation loss that ends this many times above its lowest has turned up


def judge_improves(f: Figures) -> Verdict:
    """Holds where tuning beats the bare base and the bag of words by ten points or more (`CLEAR`)."""
    because = (f"On unseen reviews the bare base is right in {share(f['base'])}, a bag of words in "
               f"{share(f['bag_of_words'])}, and after fine-tuning the model in {share(f['tuned'])}.")
    gain = f["tuned"].mean - f["base"].mean
    if gain < CLEAR:
        return Verdict(FAILS, because + " Fine-tuning adds little.")
    if f["tuned"].mean - f["bag_of_words"].mean < CLEAR:
        return Verdict(LIMITED, because + " Counting words would have done nearly as well.")
    return Verdict(HOLDS, because)


def judge_enough(f: Figures) -> Verdict:
    """Holds where a thousand labels or fewer come within two points of the largest number (`LITTLE`)."""
    because = "Right after training on " + ", ".join(f"{n:,} labels: {share(f[f'labels_{n}'])}" for n in SIZES) + "."
    most = f[f"labels_{SIZES[-1]}"].mean
    enough = next(n for n in SIZES if most - f[f"labels_{n}"].mean <= LITTLE)
    if enough == SIZES[-1]:
        return Verdict(FAILS, because + " More labels still help.")
    return Verdict(HOLDS, because + f" {enough:,} are within two points of the most.")


def judge_two_starts(f: Figures) -> Verdict:
    """Holds where the pretrained start is ten points ahead with 128 labels (`CLEAR`)."""
    because = (f"With 128 labels the pretrained start reaches {share(f['pretrained_128'])} and a random one "
               f"{share(f['random_128'])}; with 1,024 labels {share(f['pretrained_1024'])} and "
               f"{share(f['random_1024'])}.")
    if f["pretrained_128"].mean - f["random_128"].mean < CLEAR:
        return Verdict(FAILS, because)
    if f["random_1024"].mean < 0.5 + CLEAR:
        return Verdict(HOLDS, because + " How many labels a random start needs stays open: so many do not teach it.")
    return Verdict(HOLDS, because)


def judge_refreshed(f: Figures) -> Verdict:
    """Holds where both new tasks are learned and reviews kept, fails where neither is learned; else with a limit."""
    sentences, learned, lost = [], [], []
    for name, called in (("spam", "Spam"), ("facts", "Questions")):
        learned.append(f[f"{name}_after"].mean - f[f"{name}_before"].mean >= CLEAR)
        lost.append(f["old"].mean - f[f"old_after_{name}"].mean >= CLEAR)
        sentences.append(
            f"{called} after reviews: {'learned' if learned[-1] else 'hardly learned'}, from "
            f"{share(f[f'{name}_before'])} to {share(f[f'{name}_after'])}; reviews "
            f"{'fall' if lost[-1] else 'stay'}, from {share(f['old'])} to {share(f[f'old_after_{name}'])}. "
            f"With reviews among the new rows: {share(f[f'{name}_mixed'])} and {share(f[f'old_mixed_{name}'])}.")
    if any(lost) and all(f["old"].mean - f[f"old_mixed_{name}"].mean < CLEAR for name in ("spam", "facts")):
        sentences.append("Old rows among the new ones prevent the loss.")
    word = FAILS if not any(learned) else HOLDS if all(learned) and not any(lost) else LIMITED
    return Verdict(word, " ".join(sentences))


def judge_every_scalar(f: Figures) -> Verdict:
    """Holds where more than 99.9 % move in every setting; with a limit where they do in the model as it is."""
    exact = {name: f"{100 * f[name].mean:.2f} %" for name in ("tied", "untied", "untied_decay")}
    because = (f"One step of AdamW moves {exact['tied']} of all scalars. With a separate output matrix it is "
               f"{exact['untied']}, because rows of tokens that the batch does not hold get no gradient; with weight "
               f"decay {exact['untied_decay']}.")
    if min(figure.mean for figure in f.values()) > 0.999:
        return Verdict(HOLDS, because)
    return Verdict(LIMITED if f["tied"].mean > 0.9 else FAILS, because)


def judge_same_size(f: Figures) -> Verdict:
    """Holds where the counts are equal."""
    because = (f"The base has {f['base'].mean:,.0f} parameters, the tuned model {f['tuned'].mean:,.0f}. With a head of "
               f"its own it would have {f['with_head'].mean:,.0f}.")
    return Verdict(HOLDS if f["base"].mean == f["tuned"].mean else FAILS, because)


def judge_costs(f: Figures) -> Verdict:
    """By the share of pretraining's operations, and by the memory of a training step."""
    ratio = f["pretraining"].mean / f["tuning"].mean
    because = (f"Pretraining took {ratio:,.0f} times the operations of fine-tuning. In memory they are alike: weights, "
               f"gradients and AdamW's two numbers make {f['memory'].mean:.0f} times the bytes of the weights.")
    if ratio < 10:
        return Verdict(HOLDS, because)
    if f["memory"].mean >= 3:
        return Verdict(LIMITED, because + " The text is right about memory and wrong about computing.")
    return Verdict(FAILS, because)


def judge_copies(f: Figures) -> Verdict:
    """Holds where a task's file is as large as the base, and the arithmetic gives 350 GB."""
    because = (f"A task's file has {f['file'].mean / 1e6:.1f} MB, the base's weights {f['weights'].mean / 1e6:.1f} MB. "
               f"175 billion parameters of two bytes are {f['gb_175'].mean:.0f} GB; of four bytes, twice that.")
    holds = 0.99 <= f["file"].mean / f["weights"].mean <= 1.05 and abs(f["gb_175"].mean - 350) < 1
    return Verdict(HOLDS if holds else FAILS, because)


def judge_split(f: Figures) -> Verdict:
    """Holds where the score that was picked on test is more than a point above fresh rows, and the other is not."""
    gap = 100 * (f["on_test"].mean - f["on_test_fresh"].mean)
    fair = 100 * (f["on_validation"].mean - f["on_validation_fresh"].mean)
    because = (f"Picked on 50 test rows, the best of six runs reports {gap:.1f} points more than it has on fresh rows; "
               f"picked on validation, {round(fair, 1) + 0:+.1f}.")
    return Verdict(HOLDS if gap > 1 and abs(fair) < gap / 2 else FAILS, because)


def judge_rates(f: Figures) -> Verdict:
    """Holds where the best rates differ and another method's best costs five points; with a limit where one rate serves
    both, and others do not."""
    best = {name: max(RATES, key=lambda rate: f[f"{name}_{rate:g}"].mean) for name in ("full", "lora")}
    own = {name: f[f"{name}_{best[name]:g}"] for name in best}
    other = {"full": f[f"full_{best['lora']:g}"], "lora": f[f"lora_{best['full']:g}"]}
    because = (f"Of {len(RATES)} rates from {RATES[0]:g} to {RATES[-1]:g}, full fine-tuning does best at "
               f"{best['full']:g} ({share(own['full'])}), LoRA at {best['lora']:g} ({share(own['lora'])}).")
    if best["full"] != best["lora"]:
        because += f" With the other's rate they reach {share(other['full'])} and {share(other['lora'])}."
    cost = max(own[name].mean - other[name].mean for name in best)
    worst = min(f[f"{name}_{rate:g}"].mean for name in best for rate in RATES)
    if cost >= 0.05:
        return Verdict(HOLDS, because)
    if max(figure.mean for figure in own.values()) - worst >= 0.05:
        return Verdict(LIMITED, because + " The rate matters, but one serves both.")
    return Verdict(FAILS, because + " The rate hardly matters.")


def judge_stops(f: Figures) -> Verdict:
    """Holds where the validation loss turns up and stopping gains accuracy; with a limit where only the loss turns."""
    because = (f"With 16 labels and a large rate the validation loss is lowest at step {f['best_step'].mean:.0f} "
               f"({f['validation_best'].mean:.2f} nats) and ends at {f['validation_last'].mean:.2f}, while the "
               f"training loss falls to {f['training_last'].mean:.3f}. Accuracy: {share(f['accuracy_best'])} at the "
               f"best step, {share(f['accuracy_last'])} at the end.")
    if f["validation_last"].mean < TURNS * f["validation_best"].mean:
        return Verdict(FAILS, because + " Going on does no harm.")
    if f["accuracy_best"].mean - f["accuracy_last"].mean > LITTLE:
        return Verdict(HOLDS, because)
    return Verdict(LIMITED, because + " Going on spoils the probabilities, and not the answers.")


def judge_real_use(f: Figures) -> Verdict:
    """Holds where one of the two other tests is ten points below the task's own (`CLEAR`)."""
    because = (f"Right on the task's own test: {share(f['own'])}; on reviews of gadgets, which no label was about: "
               f"{share(f['shifted'])}; on sentences that people wrote: {share(f['natural'])}.")
    if f["own"].mean - min(f["shifted"].mean, f["natural"].mean) >= CLEAR:
        return Verdict(HOLDS, because + " The own test does not tell what real use brings.")
    return Verdict(FAILS, because + " The own test told enough.")


def judge_stars(f: Figures) -> Verdict:
    """Holds where tuning more than halves the error of guessing the middle, and the base does not beat it clearly."""
    because = (f"Asked for stars, the bare base writes a number from 1 to 5 in {share(f['written'])}; the likeliest of "
               f"the five is right in {share(f['base'])} and off by {f['base_error'].mean:.2f} stars, where always "
               f"saying 3 is off by {f['middle_error'].mean:.2f}. Tuned: {share(f['tuned'])} right, off by "
               f"{f['tuned_error'].mean:.2f}.")
    if f["tuned_error"].mean > f["middle_error"].mean / 2:
        return Verdict(LIMITED if f["tuned_error"].mean < f["base_error"].mean else FAILS, because)
    return Verdict(HOLDS if f["base_error"].mean > 0.8 * f["middle_error"].mean else FAILS, because)


def judge_many_kinds(f: Figures) -> Verdict:
    """Holds where both tasks gain ten points or more (`CLEAR`), with a limit where one does."""
    because = (f"Exact answers to questions about unseen keys go from {share(f['facts_before'])} to "
               f"{share(f['facts_after'])}, exact summaries from {share(f['summaries_before'])} to "
               f"{share(f['summaries_after'])}; of the summaries' words {share(f['words_before'])} are found before "
               f"and {share(f['words_after'])} after.")
    gains = [f[f"{name}_after"].mean - f[f"{name}_before"].mean >= CLEAR for name in ("facts", "summaries")]
    return Verdict(HOLDS if all(gains) else LIMITED if any(gains) else FAILS, because)


MLCC, GUIDE, WIKI, SOFT = "Google MLCC", "Unite.AI guide", "Wikipedia", "Prompt-tuning explainer"
LOREFT = "Unite.AI LoReFT"
CLAIMS = [
    Claim("C03", "Fine-tuning improves the target task", (MLCC, GUIDE, WIKI), ("bag_of_words", "base", "tuned"),
          measures.improves, judge_improves, core=True, tolerance=0.1),
    Claim("C04", "A few hundred or thousand examples are enough", (MLCC,), tuple(f"labels_{n}" for n in SIZES),
          measures.enough, judge_enough, tolerance=0.1),
    Claim("C05", "A pretrained start needs fewer labels than a random one", (GUIDE, WIKI),
          ("pretrained_128", "random_128", "pretrained_1024", "random_1024"),
          measures.two_starts, judge_two_starts, core=True,
          tolerance=0.1),
    Claim("C06", "Models can be refreshed by further fine-tuning on new data", (GUIDE,),
          ("old", *(figure for name in ("spam", "facts") for figure in (
              f"{name}_before", f"{name}_after", f"old_after_{name}", f"{name}_mixed", f"old_mixed_{name}"))),
          measures.refreshed, judge_refreshed, tolerance=0.15),
    Claim("C08", "Standard fine-tuning updates every weight and bias at every step", (MLCC, GUIDE),
          ("tied", "untied", "untied_decay"), step.every_scalar, judge_every_scalar, core=True),
    Claim("C09", "The fine-tuned model has as many parameters as the base", (MLCC,), ("base", "tuned", "with_head"),
          step.same_size, judge_same_size, tolerance=0.0),
    Claim("C10", "Full fine-tuning is slow and costly, “like pretraining”", (SOFT, MLCC, GUIDE, LOREFT),
          ("tuning", "pretraining", "memory"), step.costs, judge_costs, core=True),
    Claim("C11", "Full fine-tuning stores one copy per task; 175 B parameters are about 350 GB", (SOFT, GUIDE),
          ("file", "weights", "gb_175"), step.copies, judge_copies, tolerance=0.001),
    Claim("C75", "Split in train, validation and test; tune on validation", (GUIDE,),
          ("on_test", "on_test_fresh", "on_validation", "on_validation_fresh"), choices.split, judge_split),
    Claim("C76", "Tune learning rate, batch size, schedule (measured: the learning rate)", (GUIDE,),
          tuple(f"{name}_{rate:g}" for name in ("full", "lora") for rate in RATES),
          choices.rates, judge_rates, tolerance=0.15),
    Claim("C77", "Stop early when validation stops improving", (GUIDE,),
          ("best_step", "validation_best", "validation_last", "training_last", "accuracy_best", "accuracy_last"),
          choices.stops, judge_stops, core=True, tolerance=0.3),
    Claim("C78", "Evaluate on real use cases", (GUIDE,), ("own", "shifted", "natural"),
          measures.real_use, judge_real_use,
          core=True, tolerance=0.1),
    Claim("C98", "Regression, too, is a task a base model does not solve by itself", (MLCC,),
          ("middle_error", "written", "base", "base_error", "tuned", "tuned_error"),
          measures.stars, judge_stars, tolerance=0.2),
    Claim("C100", "Fine-tuning adapts a model to many kinds of task: summaries, question answering", (GUIDE,),
          ("facts_before", "facts_after", "summaries_before", "words_before", "summaries_after", "words_after"),
          measures.many_kinds, judge_many_kinds, tolerance=0.15),
]
