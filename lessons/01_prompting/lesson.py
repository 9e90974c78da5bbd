# %% [markdown] title
# # Lesson 01 · One example changes everything
#
# **What this lesson claims:** examples in a prompt change what a model answers, and not one of its
# parameters. You need nothing but Python and [lesson 00](00_start_here.ipynb). After it you can
#
# - read the probability of a whole answer out of a model, by hand and with one function;
# - write prompts with zero, one and more examples, and measure what the examples change;
# - tell whether a model got the *form* right or the *answer*, and correct an answer for its prompt's leaning;
# - say what a prompt costs, and what it leaves behind in the model.

# %% setup
from course_lib.lesson import start

lesson = start("01")

# %% [markdown] riddle
# ## A riddle
#
# The text that this lesson tests warns you: ask a model for `apple:` with nothing before it, and it may take
# the apple for the company. What does ours do? Guess first. Your guess is kept, and nothing waits for it.

# %% riddle-predict
from course_lib.quiz import predict, quiz, reveal

predict("01.riddle")

# %% load
from IPython.display import Markdown, display

from course_lib import load_model
from course_lib.models import bundled_models, weights_hash

model, tokenizer = load_model("orchard-s")
hash_before = weights_hash(model)  # a fingerprint of every parameter; we come back to it
parameters = sum(parameter.numel() for parameter in model.parameters())


def say(text):
    """A sentence with this run's own figures."""
    display(Markdown(text))


def percent(share):
    return f"{100 * share:.0f} %"

# %% riddle-world
from course_lib.plots import bars, show
from course_lib.prompting import next_answers, score_choices
from course_lib.world import relations

world = relations()  # {"fruit_family": {"peach": "drupe", ...}, ...}
kinds = {answer: name.replace("_", " ") for name in reversed(world) for answer in world[name].values()}

# %% riddle-chart
answers = next_answers(model, tokenizer, "apple:", n=8)  # the 8 most probable whole answers
labels = [f"{answer} ({kinds.get(answer, 'no list')})" for answer, p in answers]
chart = bars(labels, [p for _, p in answers], highlight=labels[:1], limit=1,
             x_label="probability of the whole answer")
show(chart, alt="Bars: what the model says after a bare 'apple:'. The longest is " + labels[0] + ".",
     caption="Prompt: apple:   In brackets: the list of our world in which such an answer occurs. One prompt.")

# %% riddle-reveal
top = answers[0][0]
named = {"pome": ["pome"], "company": world["company_product"].values(), "colour": world["fruit_colour"].values()}
reveal("01.riddle", next((key for key, group in named.items() if top in group), "other"))

mass = {}
for name in ("fruit", "company"):
    true = [relation["apple"] for relation in world.values() if relation.subject == name]
    mass[name] = sum(score_choices(model, tokenizer, "apple:", true, normalise=False))
say(f"What is true of the company Apple has {mass['company']:.2f} of the probability together, what is true of "
    f"the fruit {mass['fruit']:.2f}: **the {max(mass, key=mass.get)} wins**.")

# %% [markdown] riddle-why
# Why? A base model has no dictionary. It has what followed such a beginning in its training text. So count:
# here are a few thousand of the documents that it was trained on.

# %% riddle-count
from course_lib.explore.world_browser import what_follows

after_colon, in_sentences = what_follows("apple:", 6000), what_follows("The apple", 6000)
counts = "\n".join(f"| `apple: {answer}` | {count} |" for answer, count in after_colon.most_common(5))
say(f"| a line of the text | how often in 6,000 documents |\n|---|---|\n{counts}\n"
    f"| sentences that begin with *The apple* | {sum(in_sentences.values())} |")
pome = after_colon["pome"]
say(f"`apple: pome` stands there **{pome} times**. What the fruit is, the text says only in sentences.")

# %% [markdown] riddle-open
# **We built the world so that this can happen**, and say so openly: lists of companies name Apple, lists of
# fruits leave the apple out. All facts about it stand in sentences, such as the ones you just counted. In
# the real web the same happens by itself, and nobody tells you how often.

# %% [markdown] returns
# ## What a model returns
#
# Not an answer: one number for every token of its vocabulary. Here is all of it, from scratch.

# %% returns-run
import torch

ids = torch.tensor([tokenizer("apple:")["input_ids"]])       # (1, T): one text of T tokens
with torch.no_grad():
    logits = model(ids).logits                               # (1, T) -> (1, T, V): a number for every token
last = logits[0, -1]                                         # (V,): the numbers after the last token
probabilities = last.softmax(dim=-1)                         # (V,): positive, and they sum to one
assert torch.isclose(probabilities.sum(), torch.tensor(1.0))

print("ids   ", tuple(ids.shape), "\nlogits", tuple(logits.shape), "\nlast  ", tuple(last.shape))
for p, token in zip(*probabilities.topk(5)):                 # the five most probable next tokens
    print(f"{tokenizer.decode(token)!r:15} {p:.3f}")

# %% [markdown] several-tokens
# An answer can be several tokens long: all of them have to come, one after the other, and then the line has
# to end. So its probability is a **product**, and the newline is its last factor. Without the newline,
# `pome` would also count every `pomelo` and `pomegranate`.

# %% several-tokens-run
@torch.no_grad()
def answer_probability(prompt, answer):
    """The probability that the model writes exactly `answer` after `prompt`, and then ends the line."""
    start = tokenizer(prompt)["input_ids"]                                   # P tokens
    tail = tokenizer(f" {answer}\n")["input_ids"]                            # A tokens, with space and newline
    logs = model(torch.tensor([start + tail])).logits[0].log_softmax(-1)     # (P + A, V)
    before = range(len(start) - 1, len(start) + len(tail) - 1)               # A places: one before each token
    steps = logs[before, tail]                                               # (A,)
    print(f"{answer:12}", " · ".join(f"{p:.3f} {tokenizer.decode(t)!r}" for p, t in zip(steps.exp(), tail)))
    return steps.sum().exp().item()                                          # the product, as a sum of logarithms


by_hand = [answer_probability("apple:", answer) for answer in ("pome", "computers")]
say(f"As whole answers: `pome` {by_hand[0]:.4f}, `computers` {by_hand[1]:.4f}.")

# %% [markdown] same-function
# `score_choices` does the same for many answers and prompts at once, reading every prompt only once. From
# here on we use it. Is it really the same? Assert it, and have a look at its source.

# %% same-function-run
import html
import inspect

from IPython.display import HTML

scores = score_choices(model, tokenizer, "apple:", ["pome", "computers"], normalise=False)
assert all(abs(ours - theirs) < 1e-5 for ours, theirs in zip(by_hand, scores))

source = html.escape(inspect.getsource(score_choices))
display(HTML(f"<details><summary>The source of score_choices</summary><pre>{source}</pre></details>"))

# %% [markdown] one
# ## One example
#
# Now one line comes first: `peach: drupe`. It says nothing about apples. How probable is `pome` now?

# %% one-predict
predict("01.one_example")

# %% one-run
prompt = "peach: drupe\napple:"
answers_1 = next_answers(model, tokenizer, prompt, n=8)
labels = [f"{answer} ({kinds.get(answer, 'no list')})" for answer, p in answers_1]
chart = bars(labels, [p for _, p in answers_1], highlight=[x for x in labels if x.startswith("pome ")],
             limit=1, x_label="probability of the whole answer")
show(chart, alt=f"Bars: what the model says after one example. The longest is {labels[0]}.",
     caption="Prompt: peach: drupe, then apple:   The right answer is blue. One prompt.")
pome_0, pome_1 = (score_choices(model, tokenizer, text, ["pome"], normalise=False)[0] for text in ("apple:", prompt))
reveal("01.one_example", 100 * pome_1)

# %% one-explain
families = sorted(set(world["fruit_family"].values()))
in_families = [sum(p for answer, p in found if answer in families) for found in (answers, answers_1)]
say(f"One line about another fruit took `pome` from {pome_0:.4f} to **{pome_1:.2f}**. Among the eight most "
    f"probable answers, botanical families had {in_families[0]:.2f} of the probability before and have "
    f"{in_families[1]:.2f} now: the example says *what kind of list this is*.")
say("No list ever said `apple: pome`" + ("; that fact the model has from sentences." if answers_1[0][0] == "pome"
    else ", and after one example another answer is still more probable."))

# %% [markdown] entropy
# Was the bare question ambiguous, then? Measure it: **entropy** counts, in bits, how undecided the model is
# between what is true of the fruit and what is true of the company, zero when it is certain. Several names
# of our world belong to both. The claim's own function asks for all of them.

# %% entropy-run
from course_lib import claims

bits = claims.get("C70").measure(lesson.seed)
both = [key for key in world["company_product"] if key in world["fruit_family"]]
settings = ["no example", "one example", "four examples"]
show(bars(settings, list(bits.values()), x_label="entropy (bits)"),
     alt="Bars: entropy of the answers, in bits: "
         + ", ".join(f"{name} {value:.2f}" for name, value in zip(settings, bits.values())),
     caption=f"Mean over n = {len(both)} names that a fruit shares with a company, such as {', '.join(both[:3])}. "
             "Examples are families of other fruits, one draw for each name.")

# %% [markdown] curve
# One prompt is an anecdote. So ask about **every** pair that was held out of the lists, in every relation of
# the world: capitals, opposites, young animals … A model can only know them from sentences. Each question
# gets three draws of examples, and an answer counts when it is right to the letter.

# %% curve-ask
from course_lib.plots import interval
from course_lib.prompting import complete, draw_examples, few_shot

ITEMS = [(relation, key) for relation in world.values() for key in relation.report]  # the held-out half we report
GROUPS = [relation.name for relation, _ in ITEMS]  # every relation shall count once


def k_shot(k):
    """The function that builds a prompt with k examples."""
    return lambda relation, key, draw: few_shot(draw_examples(relation, k, f"{draw} {key}", exclude=(key,)), key)


def ask(model, build, draws=3, items=ITEMS):
    """The model's answers: a list of `draws` texts for every item."""
    prompts = [build(relation, key, draw) for relation, key in items for draw in range(draws)]
    texts = complete(model, tokenizer, prompts, max_new_tokens=8)
    return [texts[i:i + draws] for i in range(0, len(texts), draws)]

# %% curve-look
some = ITEMS[::40]
for (relation, key), texts in zip(some, ask(model, k_shot(2), 1, some)):
    print(f"{k_shot(2)(relation, key, 0)}  ->  {texts[0]!r:16} right: {relation[key]}\n")

# %% curve-predict
predict("01.curve")

# %% curve-run
K = (0, 1, 2, 4, 8)


def right(texts, items=ITEMS):
    """For every item a list of 1 (right) and 0 (wrong)."""
    return [[text == relation[key] for text in drawn] for drawn, (relation, key) in zip(texts, items)]


def minus(a, b):
    """Two such lists, item by item and draw by draw: what b loses against a."""
    return [[x - y for x, y in zip(one, other)] for one, other in zip(a, b)]


said = {k: ask(model, k_shot(k)) for k in K}                  # about 500 questions for each k
share = {k: interval(right(said[k]), GROUPS) for k in K}      # (mean, low, high)
reveal("01.curve", 100 * share[4][0])

# %% [markdown] curve-control
# Now the controls. The same architecture with **random weights** gets the same prompts: if it also climbed,
# the task would be a trick. It is asked every second question, and so is any other size of the model you have.

# %% curve-others
others = {name: load_model(name)[0] for name in ("orchard-xs", "orchard-m") if name in bundled_models()}
others["random weights"] = load_model("orchard-s", random=True, seed=lesson.seed)[0]
shares, some = {"orchard-s": share}, ITEMS[::2]
for name, other in others.items():
    shares[name] = {k: interval(right(ask(other, k_shot(k), 1, some), some), GROUPS[::2]) for k in K}

# %% curve-plot
from course_lib.plots import curve

lines = {name: tuple(zip(*(by_k[k] for k in K))) for name, by_k in shares.items()}
chart = curve(K, lines, x_label="examples in the prompt (k)", y_label="share of right answers", y_limits=(0, 1))
told = "; ".join(f"{name} from {percent(by_k[0][0])} to {percent(by_k[8][0])}" for name, by_k in shares.items())
show(chart, alt=f"{len(lines)} curves of right answers over the number of examples, from 0 to 8: {told}.",
     caption=f"orchard-s: n = {len(ITEMS)} held-out pairs, three draws of examples. The others: n = {len(some)}, one "
             f"draw. {len(world)} relations, each counting once. Bands: 95 % intervals by item.")

# %% curve-explain
def span(interval, sign=""):
    """Points, with their 95 % interval."""
    mean, low, high = (f"{round(100 * x) + 0:{sign}}" for x in interval)
    return f"{mean} points (95 % interval {low} to {high})"


first, more = (interval(minus(right(said[b]), right(said[a])), GROUPS) for a, b in ((0, 1), (1, 8)))
untrained = max(mean for mean, low, high in shares["random weights"].values())
say(f"The first example adds **{span(first)}**, the next seven together {span(more, '+')}. With random weights the "
    f"best is {percent(untrained)}: what the examples call up was learned before.")
sizes = [f"{name} {percent(by_k[4][0])} ({percent(by_k[4][1])} to {percent(by_k[4][2])})"
         for name, by_k in shares.items() if name != "random weights"]
if len(sizes) > 1:
    say(f"With four examples, by model: {', '.join(sizes)}.")

# %% [markdown] curve-beside
# Beside it, from the paper that made the method known (accuracy with zero, one and few examples): one example
# can also hurt.
#
# > GPT-3 175B, TriviaQA: 64.3, 68.0, 71.2. LAMBADA: 76.2, 72.5, 86.4.
# >
# > — [Brown et al. 2020, tables 3.2 and 3.3](https://arxiv.org/abs/2005.14165)

# %% [markdown] several
# ## When one is not enough
#
# The source text goes on: sometimes you need several examples, and gives this one. Look closely: no example
# shows what a lemon is.

# %% lemon-predict
predict("01.lemon")

# %% lemon-run
prompt = "plum: drupe\npear: pome\nlemon:"
answers_2 = next_answers(model, tokenizer, prompt, n=8)
labels = [f"{answer} ({kinds.get(answer, 'no list')})" for answer, p in answers_2]
chart = bars(labels, [p for _, p in answers_2], highlight=[x for x in labels if x.startswith("hesperidium ")],
             limit=1, x_label="probability of the whole answer")
show(chart, alt=f"Bars: what the model says about the lemon. The longest is {labels[0]}.",
     caption="Prompt: plum: drupe, pear: pome, lemon:   The right answer, hesperidium, is blue. One prompt.")
top = answers_2[0][0]
reveal("01.lemon", top if top in ("hesperidium", "drupe", "pome") else "other")

# %% [markdown] form-answer
# So what do examples give: the **form** (an answer of the right kind) or the **answer**? Separate the two.
# Ask all questions again, and choose examples among which the right answer never occurs, as with the lemon.
# An answer has the right form when it is *some* value of the relation.

# %% form-answer-run
def never_shown(k):
    """Like k_shot, but no example has the answer that is asked for."""
    def build(relation, key, draw):
        same = [other for other in relation if relation[other] == relation[key]]
        return few_shot(draw_examples(relation, k, f"{draw} {key}", exclude=same), key)
    return build


def valid(texts):
    """For every item a list of 1 (some value of the relation) and 0."""
    return [[text in relation.values() for text in drawn] for drawn, (relation, _) in zip(texts, ITEMS)]


blind = {k: ask(model, never_shown(k), draws=2) for k in K[:4]}
form, answer = ({k: interval(mark(blind[k]), GROUPS) for k in blind} for mark in (valid, right))

# %% form-answer-plot
series = (("right form", form), ("right answer", answer))
lines = {name: tuple(zip(*by_k.values())) for name, by_k in series}
guess = sum(1 / len(set(relation.values())) for relation in world.values()) / len(world)
chart = curve(list(blind), lines, x_label="examples in the prompt (k), none with the right answer",
              y_label="share of answers", y_limits=(0, 1), baselines={"blind pick": guess})
told = "; ".join(f"{name} from {percent(by_k[0][0])} to {percent(by_k[4][0])}" for name, by_k in series)
show(chart, alt=f"Two curves over the number of examples, from 0 to 4: {told}.",
     caption=f"orchard-s, n = {len(ITEMS)} held-out pairs, two draws each; no example has the right answer. Bands: "
             "95 % intervals by item. Dashed: picking one of the relation's values blindly.")

# %% form-answer-explain
say(f"One example takes the right **form** from {percent(form[0][0])} to {percent(form[1][0])}, and the right "
    f"**answer** from {percent(answer[0][0])} to {percent(answer[1][0])}, though no example shows it. A blind pick within "
    f"the form would reach {percent(guess)}."
    + (" What is above it, the weights knew before." if answer[1][1] > guess else ""))
say(f"If examples may also hold the answer, four of them reach {percent(share[4][0])} instead of "
    f"{percent(answer[4][0])}.")

# %% [markdown] lab
# ## Explore: the prompt lab
#
# **Question: can you find two examples that make the model wrong about the apple?** Set the number of
# examples to two and change the draw. Then shuffle their answers, or ask for another fruit.

# %% lab-run
from course_lib.explore.prompt_lab import prompt_lab

prompt_lab(model, tokenizer)

# %% lab-found
from itertools import permutations

fruits = [(key, world["fruit_family"][key]) for key in world["fruit_family"].seen[:14]]
tried = list(permutations(fruits, 2))
scores = score_choices(model, tokenizer, [few_shot(pair, "apple") for pair in tried], families)
pome = [row[families.index("pome")] for row in scores]
wrong = sum(max(row) > p for row, p in zip(scores, pome))
(a, b), worst = tried[pome.index(min(pome))], min(pome)
text = (f"Of all {len(tried)} ordered pairs of the first {len(fruits)} listed fruits, {wrong} make another family "
        f"more probable than <code>pome</code>. Hardest are <code>{': '.join(a)}</code>, <code>{': '.join(b)}</code>: "
        f"there it has {worst:.2f} among the families, with the kindest pair {max(pome):.2f}. "
        f"{'Right examples can mislead: w' if wrong else 'W'}hich ones you take is part of the prompt.")
display(HTML(f"<details><summary>What did you find?</summary><p>{text}</p></details>"))

# %% [markdown] teach
# ## What do examples teach?
#
# The source calls such lines training examples. If they taught the model the pairs, wrong labels should ruin
# it. So give each example the answer of another one, and change nothing else. We ask only in relations where
# keys share answers (as fruits share families), with four examples.

# %% teach-predict
predict("01.shuffled")

# %% teach-run
from course_lib.prompting import shuffle_order, shuffle_values

shared = [item for item in ITEMS if item[0].values_repeat]
names = [relation.name for relation, _ in shared]


def changed(k=4, change=lambda examples, draw: examples, template="{key}: {value}"):
    """Like k_shot, with changed examples or another template."""
    return lambda relation, key, draw: few_shot(
        change(draw_examples(relation, k, f"{draw} {key}", exclude=(key,)), draw), key, template)


# %% teach-ask
variants = {"as they are": changed(), "labels shuffled": changed(change=shuffle_values), "no examples": changed(0),
            "another order": changed(change=lambda examples, draw: shuffle_order(examples, draw + 1)),
            "form broken: key - value": changed(template="{key} - {value}"),
            "form broken, no examples": changed(0, template="{key} - {value}")}
marks = {name: right(ask(model, build, items=shared), shared) for name, build in variants.items()}

# %% teach-plot
measured = {name: interval(mark, names) for name, mark in marks.items()}
pool = [relation for relation in world.values() if relation.values_repeat]
chance = sum(1 / len(set(relation.values())) for relation in pool) / len(pool)
means, ends = [m for m, _, _ in measured.values()], [(low, high) for _, low, high in measured.values()]
chart = bars(list(measured), means, ends, highlight=["as they are"], x_label="share of right answers", limit=1,
             baselines={"blind pick": chance})
told = ", ".join(f"{name} {mean:.2f}" for name, mean in zip(measured, means))
show(chart, alt=f"Bars with the share of right answers: {told}.",
     caption=f"orchard-s, four examples unless it says none; n = {len(shared)} held-out pairs of {len(pool)} "
             "relations, three draws. Lines: 95 % intervals by item. Dashed: picking one of the relation's answers blindly.")

# %% teach-reveal
def loss(name):
    """How much is lost against the examples as they are."""
    return interval(minus(marks["as they are"], marks[name]), names)


fall, low, high = loss("labels shuffled")
way = fall / (measured["as they are"][0] - chance)  # 1: all the way down to a blind pick
outcome = "same" if low <= 0 <= high else "rises" if fall < 0 else "chance" if way > 0.5 else "little"
reveal("01.shuffled", outcome)

# %% teach-explain
def effect(loss):
    """A loss in words."""
    mean, low, high = loss
    verb = "costs" if low > 0 else "gains" if high < 0 else "makes no difference that we can see:"
    return f"{verb} {span((-mean, -high, -low) if low <= 0 else loss)}"


kept = measured["labels shuffled"][0] - measured["no examples"][0]
turned = minus(marks["as they are"], marks["another order"])
flips = sum(map(abs, sum(turned, []))) / (3 * len(shared))
say(f"**Labels.** Shuffling them {effect(loss('labels shuffled'))}. Such examples give {round(100 * kept)} points "
    "more than none.")
say(f"**Order.** Another one {effect(loss('another order'))}; {percent(flips)} of the single answers turn from right "
    "to wrong or back.")
say(f"**Form.** A dash in place of the colon {effect(loss('form broken: key - value'))}.")

# %% teach-form
for relation, key in shared[::35]:
    prompt = changed(template="{key} - {value}")(relation, key, 0)
    print(f"{prompt}  ->  {complete(model, tokenizer, prompt)!r}\n")
most = max(list(variants)[1:5], key=lambda name: loss(name)[0] if name != "no examples" else -1)
say(f"Of the three changes, **{most}** costs most. This world writes its lists with a colon, never with a dash: "
    "there was no text from which the model could have learned that form.")

# %% [markdown] teach-beside
# Beside it, from large models:
#
# > … randomly replacing labels in the demonstrations barely hurts performance on a range of classification and
# > multi-choice tasks, consistently over 12 different models including GPT-3.
# >
# > — [Min et al. 2022, abstract](https://arxiv.org/abs/2202.12837)
#
# Does your measurement agree? Theirs are tasks with a few labels, ours are facts: the same question, asked
# in another world.

# %% [markdown] calibration
# ## Calibration
#
# A prompt leans towards some answers before anything is asked. Put `N/A` where the question should be, and
# see. These examples are three drupes and then a hesperidium.

# %% calibration-run
from course_lib.prompting import content_free_scores

examples = [("peach", "drupe"), ("plum", "drupe"), ("cherry", "drupe"), ("mandarin", "hesperidium")]
ask_family = lambda key: few_shot(examples, key)
free = content_free_scores(model, tokenizer, ask_family, families)  # the mean over "N/A", "" and "…"
chart = bars(families, free, x_label="probability when nothing is asked", limit=1)
told = ", ".join(f"{name} {p:.2f}" for name, p in zip(families, free))
show(chart, alt=f"Bars: what the prompt prefers when nothing is asked: {told}.",
     caption="Normalised over the families; mean over three questions that say nothing. One prompt. "
             f"Without any leaning each would have {1 / len(families):.2f}.")
first = families[free.index(max(free))]
why = {"hesperidium": "the last answer shown", "drupe": "the answer shown most often"}
say(f"It leans most to `{first}`, {why.get(first, 'which no example shows')}.")

# %% [markdown] calibration-idea
# *Contextual calibration* takes the leaning out again: divide each answer's probability by what it has when
# nothing is asked, and make them sum to one. By hand, for the apple:

# %% calibration-hand
from course_lib.prompting import calibrate

asked = score_choices(model, tokenizer, ask_family("apple"), families)            # one probability for each family
ratio = [p / without for p, without in zip(asked, free)]                          # above 1: the question raised it
mended = [r / sum(ratio) for r in ratio]                                          # they sum to one again
assert all(abs(ours - theirs) < 1e-9 for ours, theirs in zip(mended, calibrate(asked, free)))
table = "\n".join(f"| {name} | {a:.3f} | {f:.3f} | {r:.2f} | {m:.3f} |"
                  for name, a, f, r, m in zip(families, asked, free, ratio, mended))
say("| family | apple | nothing asked | ratio | calibrated |\n|---|---|---|---|---|\n" + table)

# %% [markdown] calibration-all
# Does it help? Ask all held-out pairs of the relations from above with four examples, choosing among all of
# a relation's answers, before and after. Then do the same with reviews and two label words: the model has
# read thousands of reviews, and never one with a label.

# %% calibration-facts
def best(scores, choices):
    return choices[scores.index(max(scores))]


before, after = [], []  # for every item 1 or 0 in each of two draws
for relation in pool:
    choices, plain, divided = sorted(set(relation.values())), [], []
    for draw in range(2):
        build = lambda key: few_shot(draw_examples(relation, 4, draw), key)
        leaning = content_free_scores(model, tokenizer, build, choices)
        raw = score_choices(model, tokenizer, [build(key) for key in relation.report], choices)
        plain.append([best(p, choices) == relation[key] for p, key in zip(raw, relation.report)])
        divided.append([best(calibrate(p, leaning), choices) == relation[key] for p, key in zip(raw, relation.report)])
    before, after = before + list(zip(*plain)), after + list(zip(*divided))

# %% calibration-reviews
from course_lib import load_task

task = load_task("reviews")
rows, words = task["test"].select(range(200)), ["negative", "positive"]
template = "{key}\nlabel: {value}"
zero_shot = lambda text: few_shot([], text, template)
print(zero_shot(rows[0]["text"]), "->", rows[0]["answer"])

leaning = content_free_scores(model, tokenizer, zero_shot, words)
raw = score_choices(model, tokenizer, [zero_shot(text) for text in rows["text"]], words)
mended = [calibrate(p, leaning) for p in raw]
hits = [[[best(p, words) == right] for p, right in zip(group, rows["answer"])] for group in (raw, mended)]

# %% calibration-plot
steps = {"facts": interval(before, names), "facts, calibrated": interval(after, names),
         "reviews": interval(hits[0]), "reviews, calibrated": interval(hits[1])}
means, ends = [m for m, _, _ in steps.values()], [(low, high) for _, low, high in steps.values()]
chart = bars(list(steps), means, ends, x_label="share of right choices", limit=1,
             highlight=["facts, calibrated", "reviews, calibrated"])
told = ", ".join(f"{name} {mean:.2f}" for name, mean in zip(steps, means))
show(chart, alt=f"Bars with the share of right choices: {told}.",
     caption=f"Facts: n = {len(before)} held-out pairs, four examples, two draws; guessing gives {chance:.2f}. "
             f"Reviews: n = {len(rows)}, no example; guessing gives {1 / len(words):.2f}. Lines: 95 % intervals by item.")

# %% calibration-explain
on_facts, on_reviews = interval(minus(before, after), names), interval(minus(*hits))
calls = [sum(p[1] > p[0] for p in group) for group in (raw, mended)]
say(f"On facts, calibration {effect(on_facts)}. On reviews it {effect(on_reviews)}. Of {len(rows)} reviews the model "
    f"calls {calls[0]} positive before and {calls[1]} after; with nothing asked, `positive` has {leaning[1]:.2f}.")
if on_facts[1] > 0:
    say("**Why does it harm facts?** A likely reason stands in the table above. `N/A` is no neutral question to this "
        "model: it never read such a line. What it prefers there need not be its leaning elsewhere, and an answer "
        f"that happens to be rare there (down to {min(free):.3f}) is blown up by the division.")
say("Dividing helps where the leaning is what misleads a model. It cannot make it know what a label means. So "
    "measure before you trust a repair.")

# %% [markdown] calibration-beside
# Beside it, what the authors report for large models:
#
# > … this contextual calibration procedure substantially improves GPT-3 and GPT-2's average accuracy (up to
# > 30.0% absolute) and reduces variance across different choices of the prompt.
# >
# > — [Zhao et al. 2021, abstract](https://arxiv.org/abs/2102.09690)

# %% [markdown] platform
# ## Writing is not yet classifying
#
# The source says of a base model: its text is no solution to classification, it can serve *as a platform
# rather than a solution*. You just measured it without an example. Give it two, and put beside it the same
# model fine-tuned on labelled reviews, as this claim's runs recorded it. Lesson 02 will do that live.

# %% platform-ask
short = sorted(task["train"].select(range(400)), key=lambda row: len(row["text"]))  # two must fit into the context
two = [next((row["text"], row["answer"]) for row in short if row["answer"] == word) for word in words]
prompts = [few_shot(two, text, template) for text in rows["text"]]
raw = score_choices(model, tokenizer, prompts, words)
hits_2 = [[best(p, words) == right] for p, right in zip(raw, rows["answer"])]
print(prompts[0])

# %% platform-plot
tuned = claims.recorded("C02")["tuned"]
labels = {"no example": interval(hits[0]), "two examples": interval(hits_2),
          "fine-tuned (recorded)": (tuned.mean, min(tuned.values), max(tuned.values))}
means, ends = [m for m, _, _ in labels.values()], [(low, high) for _, low, high in labels.values()]
chart = bars(list(labels), means, ends, x_label="share of right labels", limit=1,
             highlight=["fine-tuned (recorded)"], baselines={"guessing": 1 / len(words)})
told = ", ".join(f"{name} {mean:.2f}" for name, mean in zip(labels, means))
show(chart, alt=f"Bars with the share of right labels: {told}.",
     caption=f"Prompted: n = {len(rows)} reviews, half of them positive, 95 % intervals. Fine-tuned: mean of "
             f"{len(tuned.values)} recorded runs; the line goes from the lowest to the highest.")
say(f"Without examples {percent(means[0])}, with two {percent(means[1])}, guessing {percent(1 / len(words))}, after "
    f"fine-tuning {percent(tuned.mean)}.")

# %% [markdown] hash
# ## Did the model change?
#
# It has answered thousands of questions since you loaded it, and seen thousands of examples. Compare
# the fingerprint of all its parameters with the one from the beginning.

# %% hash-run
hash_after = weights_hash(model)
print("before", hash_before[:32], "…\nafter ", hash_after[:32], "…")
assert hash_after == hash_before  # not a single bit
added = sum(parameter.numel() for parameter in model.parameters()) - parameters
say(f"Not one bit of {parameters:,} parameters changed, and {added} were added. Nothing stays behind, so the next "
    "question needs its examples again.")

# %% [markdown] cost
# What did change is the **prompt**, and it is paid for with every question. Count tokens, and operations: a
# token that is read costs about two for every parameter outside the embedding table. (We leave out what
# attention adds for long prompts; here it is small.)

# %% cost-run
body = parameters - model.get_input_embeddings().weight.numel()  # without the table of embeddings


def tokens_per_question(k):
    """Mean over all held-out questions."""
    prompts = [k_shot(k)(relation, key, 0) for relation, key in ITEMS]
    return sum(len(ids) for ids in tokenizer(prompts)["input_ids"]) / len(prompts)


tokens = {k: tokens_per_question(k) for k in K}
rows_k = "\n".join(f"| {k} | {n:.1f} | {2 * body * n / 1e6:.0f} | {n / tokens[0]:.1f} × |" for k, n in tokens.items())
say("| examples | tokens per question | million operations | against no example |\n|---|---|---|---|\n" + rows_k)

# %% [markdown] cost-tuning
# Compare that with fine-tuning once and asking with bare questions ever after. Training on an example costs
# about three times as much as reading it: once forward, twice for the way back. As a typical run take 200
# steps of 32 questions.

# %% cost-tuning-run
asking = {k: 1000 * 2 * body * n for k, n in tokens.items()}    # 1,000 questions
tuning = 3 * 2 * body * tokens[0] * 200 * 32                    # once
extra = (asking[8] - asking[0]) / 1000                          # what eight examples cost, per question
say("| | billion operations |\n|---|---|\n"
    f"| 1,000 questions with 8 examples each | {asking[8] / 1e9:.0f} |\n"
    f"| fine-tuning once | {tuning / 1e9:.0f} |\n"
    f"| 1,000 bare questions, of the tuned model | {asking[0] / 1e9:.0f} |")
say(f"In operations alone, tuning pays from about **{tuning / extra:,.0f} questions** on. A prompt needs no training "
    "and no labels beyond its examples; a tuned model needs no examples in its prompt.")

# %% [markdown] library
# ## The same with the library
#
# Nothing here is special to the course. `generate`, and a `transformers` pipeline around it, write the same
# answers.

# %% library-run
from transformers import GenerationConfig, pipeline

first_line = lambda text: text.split("\n")[0].strip()
greedy = GenerationConfig(max_new_tokens=6, do_sample=False, pad_token_id=tokenizer.pad_token_id)
writer = pipeline("text-generation", model=model, tokenizer=tokenizer)
for prompt in ("peach: drupe\napple:", "plum: drupe\npear: pome\nlemon:", "France: Paris\nJapan:", "hot: cold\nbig:"):
    ours = complete(model, tokenizer, prompt)
    batch = tokenizer(prompt, return_tensors="pt")
    new = model.generate(**batch, generation_config=greedy)[0, batch["input_ids"].shape[1]:]
    piped = writer(prompt, generation_config=greedy, return_full_text=False)[0]["generated_text"]
    assert ours == first_line(tokenizer.decode(new, skip_special_tokens=True)) == first_line(piped)
    print(f"{prompt!r:42} -> {ours}")

# %% [markdown] exercise
# ## Now you
#
# In [exercise 01](../exercises/01_prompting.ipynb) you write the prompt, the scoring and the calibration
# yourself, and measure a curve of your own. Each task has a check that names the likely mistake.
#
# ## Quiz
#
# Eight questions. A wrong answer tells you why it was tempting, and where the lesson shows what is true.

# %% quiz-bare
quiz("01.bare")

# %% quiz-several-tokens
quiz("01.several_tokens")

# %% quiz-softmax
quiz("01.softmax")

# %% quiz-format
quiz("01.format")

# %% quiz-controls
quiz("01.controls")

# %% quiz-calibration
quiz("01.calibration")

# %% quiz-params
quiz("01.params")

# %% quiz-cost
quiz("01.cost")

# %% [markdown] verdicts
# ## The text says, we measured
#
# The statements are from Google's Machine Learning Crash Course (S1). The figures are yours, from this run
# (but for *fine-tuned* in C02, which is recorded), and code draws the verdict from them.

# %% verdicts-run
from course_lib.claims.view import ledger, says_measured_verdict

form_0, form_1 = (interval(valid(said[k]), GROUPS)[0] for k in (0, 1))
says_measured_verdict({
    "C02": {"chance": 1 / len(words), "base": labels["no example"][0], "tuned": tuned.mean},
    "C68": {"valid_0": form_0, "right_0": share[0][0], "valid_1": form_1, "right_1": share[1][0],
            "untrained_1": shares["random weights"][1][0]},
    "C69": {f"right_{k}": share[k][0] for k in K},
    "C70": bits,
    "C71": {"added": added, "changed": hash_after != hash_before},
    "C72": {"right_labels": measured["as they are"][0], "shuffled_labels": measured["labels shuffled"][0],
            "no_examples": measured["no examples"][0]},
})

# %% [markdown] ledger
# The ledger holds the recorded runs of the same claims, over several seeds. (For C02, *tuned* above is from
# there.)

# %% ledger-run
ledger("01")

# %% [markdown] recap
# ## What we know now
#
# 1. A base model continues text, so what a bare `apple:` means to it depends on what followed such a
#    beginning in its training text.
# 2. Examples change the text that it continues, and so its answers: how much of that is form and how much is
#    the answer is a question for a measurement with a control and an interval.
# 3. Not one parameter changes, nothing stays behind, and every question pays for its examples again.
#
# **What remains unexplained:** the model has read thousands of reviews. Does it know which of them are
# favourable, and a prompt with label words cannot reach it? Or does it not know? Lesson 02 trains every
# parameter to find out; lesson 03 asks which of them, and which data, are needed.

# %% [markdown] sources
# ## Sources
#
# - Google, Machine Learning Crash Course,
#   [LLMs: fine-tuning, distillation and prompt engineering](https://developers.google.com/machine-learning/crash-course/llm/tuning),
#   the statements and the examples with peach, plum and apple.
# - Brown et al. 2020, [Language models are few-shot learners](https://arxiv.org/abs/2005.14165).
# - Zhao et al. 2021, [Calibrate before use](https://arxiv.org/abs/2102.09690).
# - Min et al. 2022, [Rethinking the role of demonstrations](https://arxiv.org/abs/2202.12837).
# - Lu et al. 2022, [Fantastically ordered prompts and where to find them](https://arxiv.org/abs/2104.08786).
