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
from course_lib.quiz import predict, reveal

predict("01.riddle")

# %% load
from course_lib import load_model
from course_lib.models import bundled_models, weights_hash

model, tokenizer = load_model("orchard-s")
hash_before = weights_hash(model)  # a fingerprint of every parameter; we come back to it
parameters = sum(parameter.numel() for parameter in model.parameters())

# %% helpers
from course_lib.display import decimal, fold, percent, say, show_source


def on_one_line(prompt):
    return prompt.replace("\n", " ⏎ ")

# %% riddle-world
from course_lib.world import relations

world = relations()  # {"fruit_family": {"peach": "drupe", ...}, ...}
kinds = {answer: name.replace("_", " ")
         for name in reversed(world) for answer in world[name].values()}

# %% answer-chart
from course_lib.plots import bars, show
from course_lib.prompting import next_answers, score_choices


def show_answers(prompt, right=None):
    """Draws the 8 most probable whole answers (the `right` one blue), and returns them."""
    found = next_answers(model, tokenizer, prompt, n=8)
    label = {answer: f"{answer} ({kinds.get(answer, 'no list')})"
             for answer in (right, *dict(found))}
    chart = bars([label[answer] for answer, _ in found], [p for _, p in found], limit=1,
                 highlight=[label[right]] if right else (), x_label="probability of the answer")
    told = ", ".join(f"{label[answer]} {decimal(p)}" for answer, p in found)
    blue = f" Blue: the right answer, {right}." if right else ""
    show(chart, alt=f"Bars with the most probable answers: {told}.{blue}",
         caption=f"Prompt: {on_one_line(prompt)}   (one prompt; ⏎ is a new line). In brackets: the "
                 f"list of our world in which such an answer occurs.{blue}")
    return found

# %% riddle-chart
answers_0 = show_answers("apple:")

# %% riddle-reveal
top = answers_0[0][0]
named = {"pome": ["pome"], "company": world["company_product"].values(),
         "colour": world["fruit_colour"].values()}
reveal("01.riddle", next((key for key, group in named.items() if top in group), "other"))

mass = {}
for name in ("fruit", "company"):
    facts = [relation["apple"] for relation in world.values() if relation.subject == name]
    mass[name] = sum(score_choices(model, tokenizer, "apple:", facts, normalise=False))
say(f"What is true of the company Apple has {mass['company']:.2f} of the probability together, "
    f"what is true of the fruit {mass['fruit']:.2f}: **the {max(mass, key=mass.get)} wins**.")

# %% [markdown] riddle-why
# Why? A base model has no dictionary. It has what followed such a beginning in its training text. So count:
# here are some thousands of the documents that it was trained on.

# %% riddle-count
from course_lib.explore.world_browser import what_follows

n_read = 12_000
after_colon, in_sentences = (what_follows(text, n_read) for text in ("apple:", "apple is"))
counts = "\n".join(f"| `{beginning} {rest}` | {count} |"
                   for beginning, found in (("apple:", after_colon), ("apple is", in_sentences))
                   for rest, count in found.most_common(4))
say(f"| what the text says | how often in {n_read:,} documents |\n|---|---|\n{counts}")
say(f"The line `apple: pome` stands there **{after_colon['pome']} times**.")

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

ids = torch.tensor([tokenizer("apple:")["input_ids"]])  # (1, T): one text of T tokens
with torch.no_grad():
    logits = model(ids).logits                # (1, T) -> (1, T, V): a number for every token
last = logits[0, -1]                          # (V,): the numbers after the last token
probabilities = last.softmax(dim=-1)          # (V,): positive, and they sum to one
assert torch.isclose(probabilities.sum(), torch.tensor(1.0))

print("ids   ", tuple(ids.shape), "\nlogits", tuple(logits.shape), "\nlast  ", tuple(last.shape))
for p, token in zip(*probabilities.topk(5)):  # the five most probable next tokens
    print(f"{tokenizer.decode(token)!r:15} {p:.3f}")

# %% [markdown] several-tokens
# An answer can be several tokens long: all of them have to come, one after the other, and then the line has
# to end. So its probability is a **product**, and the newline is its last factor. Without the newline,
# `pome` would also count every `pomelo` and `pomegranate`.

# %% several-tokens-run
@torch.no_grad()
def answer_probability(prompt, answer):
    """The probability that the model writes exactly `answer`, and then ends the line."""
    start = tokenizer(prompt)["input_ids"]                                # P tokens
    tail = tokenizer(f" {answer}\n")["input_ids"]                         # A tokens, with newline
    logs = model(torch.tensor([start + tail])).logits[0].log_softmax(-1)  # (P + A, V)
    before = range(len(start) - 1, len(start) + len(tail) - 1)            # A places before them
    steps = logs[before, tail]                                            # (A,)
    factors = zip(steps.exp(), tail)
    print(f"{answer:12}", " · ".join(f"{p:.3f} {tokenizer.decode(t)!r}" for p, t in factors))
    return steps.sum().exp().item()                                       # the product


by_hand = [answer_probability("apple:", answer) for answer in ("pome", "computers")]
say(f"As whole answers: `pome` {by_hand[0]:.4f}, `computers` {by_hand[1]:.4f}.")

# %% [markdown] same-function
# `score_choices` does the same for many answers and prompts at once, reading every prompt only once. From
# here on we use it. Is it really the same? Assert it, and have a look at its source.

# %% same-function-run
scores = score_choices(model, tokenizer, "apple:", ["pome", "computers"], normalise=False)
assert all(abs(ours - theirs) < 1e-5 for ours, theirs in zip(by_hand, scores))
show_source(score_choices)

# %% [markdown] one
# ## One example
#
# Now one line comes first: `peach: drupe`. It says nothing about apples. How probable is `pome` now?

# %% one-predict
from course_lib.quiz import predict, reveal

predict("01.one_example")

# %% one-run
one_shot = "peach: drupe\napple:"
answers_1 = show_answers(one_shot, right="pome")
pome_0, pome_1 = (score_choices(model, tokenizer, prompt, ["pome"], normalise=False)[0]
                  for prompt in ("apple:", one_shot))
reveal("01.one_example", 100 * round(pome_1, 2))

# %% one-explain
families = sorted(set(world["fruit_family"].values()))
family_0, family_1 = (sum(p for answer, p in found if answer in families)
                      for found in (answers_0, answers_1))
say(f"One line about another fruit took `pome` from {decimal(pome_0)} to **{decimal(pome_1)}**. "
    f"Among the eight most probable answers, botanical families had {decimal(family_0)} of the "
    f"probability before and have {decimal(family_1)} now"
    + (": the example says *what kind of list this is*." if family_1 > family_0 else "."))
say("No list ever said `apple: pome`"
    + ("; that fact the model has from sentences." if answers_1[0][0] == "pome"
       else ", and after one example another answer is still more probable."))

# %% [markdown] entropy
# Was the bare question ambiguous, then? Measure it: **entropy** counts, in bits, how undecided the model is
# between the fruit and the company: one bit where both are as probable, zero when it is certain. Each of the
# two has the probability of all that is true of it. Apple is not the only such name, so ask for all of them.

# %% entropy-run
from course_lib.experiments.meanings import fruit_or_company, homonyms
from course_lib.plots import interval
from course_lib.prompting import draw_examples, few_shot

both = homonyms()
undecided = {k: [fruit_or_company(model, tokenizer, key, k, lesson.seed)[1] for key in both]
             for k in (0, 1, 4)}
bits = {k: interval([[one] for one in row]) for k, row in undecided.items()}
show_source(fruit_or_company)

# %% entropy-plot
settings = ["no example", "one example", "four examples"]
chart = bars(settings, [mean for mean, _, _ in bits.values()], [ends for _, *ends in bits.values()],
             x_label="entropy (bits)")
told = ", ".join(f"{name} {mean:.2f}" for name, (mean, _, _) in zip(settings, bits.values()))
show(chart, alt=f"Bars with the entropy of the answers, in bits: {told}.",
     caption=f"Mean over n = {len(both)} names that a fruit shares with a company, such as "
             f"{', '.join(both[:3])}. Examples: families of other fruits, one draw for each name. "
             "Lines: 95 % intervals by name.")

# %% [markdown] curve
# One prompt is an anecdote. So ask about **every** pair that was held out of the lists, in every relation of
# the world: capitals, opposites, young animals … A model can only know them from sentences. Each question
# gets three draws of examples, and an answer counts when it is right to the letter.

# %% curve-ask
from course_lib.prompting import complete

ITEMS = [(relation, key) for relation in world.values() for key in relation.report]  # held out
GROUPS = [relation.name for relation, _ in ITEMS]  # every relation shall count once


def k_shot(k):
    """The function that builds a prompt with k examples."""
    return lambda relation, key, draw: few_shot(
        draw_examples(relation, k, f"{draw} {key}", exclude=(key,)), key)


def ask(model, build, draws=3, items=ITEMS):
    """The model's answers: a list of `draws` texts for every item."""
    prompts = [[build(relation, key, draw) for draw in range(draws)] for relation, key in items]
    once = sorted(dict.fromkeys(sum(prompts, [])), key=len)  # each is asked once, short ones first
    text = dict(zip(once, complete(model, tokenizer, once, max_new_tokens=8)))
    return [[text[prompt] for prompt in drawn] for drawn in prompts]

# %% curve-look
some = ITEMS[::40]
for (relation, key), texts in zip(some, ask(model, k_shot(2), 1, some)):
    print(f"{k_shot(2)(relation, key, 0)}  ->  {texts[0]!r:16} right: {relation[key]}\n")

# %% curve-predict
from course_lib.quiz import predict, reveal

predict("01.curve")

# %% curve-run
K = (0, 1, 2, 4, 8)


def right(texts, items=ITEMS):
    """For every item a list of 1 (right) and 0 (wrong)."""
    return [[text == relation[key] for text in drawn]
            for drawn, (relation, key) in zip(texts, items)]


said = {k: ask(model, k_shot(k)) for k in K}                  # about 500 questions for each k
share = {k: interval(right(said[k]), GROUPS) for k in K}      # (mean, low, high)
reveal("01.curve", 100 * round(share[4][0], 2))

# %% [markdown] curve-control
# Now the controls. The same architecture with **random weights** gets the same prompts: if it also climbed,
# the task would be a trick. It is asked every second question, and so are the smaller and the larger model.

# %% curve-others
half, half_groups = ITEMS[::2], GROUPS[::2]
sizes = [name for name in ("orchard-xs", "orchard-s", "orchard-m") if name in bundled_models()]
others = {name: load_model(name) for name in sizes if name != "orchard-s"}
others["random weights"] = load_model("orchard-s", random=True, seed=lesson.seed)
marks = {"orchard-s": {k: [drawn[:1] for drawn in right(said[k])[::2]] for k in K}}  # the same ones
for name, (other, its_tokenizer) in others.items():
    assert its_tokenizer.get_vocab() == tokenizer.get_vocab()
    marks[name] = {k: right(ask(other, k_shot(k), 1, half), half) for k in K}

# %% curve-chart
from course_lib.plots import curve


def show_curves(by_name, caption, x_label="examples in the prompt (k)", baselines=None):
    """Draws curves of shares; by_name[name][k] is (mean, low, high)."""
    lines = {name: tuple(zip(*by_k.values())) for name, by_k in by_name.items()}
    ks = list(next(iter(by_name.values())))
    told = "; ".join(f"{name} " + ", ".join(percent(mean) for mean, _, _ in by_k.values())
                     for name, by_k in by_name.items())
    chart = curve(ks, lines, x_label=x_label, y_label="share of answers", y_limits=(0, 1),
                  baselines=baselines)
    show(chart, caption=caption,
         alt=f"{len(lines)} curves over k = {', '.join(map(str, ks))}: {told}.")

# %% curve-plot
controls = {name: {k: interval(marks[name][k], half_groups) for k in K} for name in marks}
controls["orchard-s"] = share
by_model = {name: controls[name] for name in [*sizes, "random weights"]}
show_curves(by_model,
            f"Right answers. orchard-s: n = {len(ITEMS)} held-out pairs, three draws of examples. "
            f"The others: n = {len(half)} of them, one draw. {len(world)} relations, each counting "
            "once. Bands: 95 % intervals by item.")

# %% curve-words
def minus(a, b):
    """Two lists of marks, item by item and draw by draw: what b loses against a."""
    return [[x - y for x, y in zip(one, other)] for one, other in zip(a, b)]


def span(interval, sign=""):
    """Points, with their 95 % interval."""
    mean, low, high = (f"{round(100 * x) + 0:{sign}}" for x in interval)
    return f"{mean} point{'s' * (mean.strip('+-') != '1')} (95 % interval {low} to {high})"

# %% curve-explain
first, more = (interval(minus(right(said[b]), right(said[a])), GROUPS) for a, b in ((0, 1), (1, 8)))
untrained = max(mean for mean, low, high in by_model["random weights"].values())
say(f"The first example adds **{span(first)}**, the next seven together {span(more, '+')}. With "
    f"random weights the best is {percent(untrained)}"
    + (": what the examples call up was learned before." if untrained < share[1][0] / 2 else "."))
for name in (name for name in sizes if name != "orchard-s"):
    count = sum(parameter.numel() for parameter in others[name][0].parameters())
    gap = interval(minus(marks[name][1], marks["orchard-s"][1]), half_groups)
    told = ("more" if gap[1] > 0 else "less" if gap[2] < 0
            else "neither more nor less, as far as we can see,")
    say(f"{name}, with {count / parameters:.1f} times the parameters of orchard-s, gets {told} "
        f"right after one example: {span(gap, '+')} on the same questions.")

# %% [markdown] curve-beside
# Beside it, from the paper that made the method known (accuracy with zero, one and few examples): one example
# can also hurt.
#
# > GPT-3 175B, TriviaQA: 64.3, 68.0, 71.2. LAMBADA: 76.2, 72.5, 86.4.
# >
# > — [Brown et al. 2020, tables 3.2 and 3.3](https://arxiv.org/abs/2005.14165)

# %% [markdown] several
# ## Is one example enough?
#
# Sometimes you need several examples, the source text goes on, and gives this one. Look closely: no example
# shows what a lemon is.

# %% lemon-predict
from course_lib.quiz import predict, reveal

predict("01.lemon")

# %% lemon-run
fruits = [("plum", "drupe"), ("pear", "pome")]
top = show_answers(few_shot(fruits, "lemon"), right="hesperidium")[0][0]
reveal("01.lemon", top if top in ("hesperidium", "drupe", "pome") else "other")

# %% [markdown] lemon-control
# Was the second example needed? The control is the same question with one of them, and with none.

# %% lemon-fewer
shown = [[], fruits[:1], fruits[1:], fruits]
prompts = [few_shot(examples, "lemon") for examples in shown]
leaders = [next_answers(model, tokenizer, prompt, n=1)[0][0] for prompt in prompts]
scores = score_choices(model, tokenizer, prompts, ["hesperidium"], normalise=False)
rows = "\n".join(f"| `{on_one_line(prompt)}` | {leader} | {decimal(p)} |"
                 for prompt, leader, (p,) in zip(prompts, leaders, scores))
say("| prompt | most probable | probability of hesperidium |\n|---|---|---|\n" + rows)
hits = [leader == "hesperidium" for leader in leaders]
say("No example is needed for the lemon." if hits[0]
    else "For the lemon **one example is enough**, whichever of the two." if hits[1] and hits[2]
    else "For the lemon one example is enough, if it is the right one." if hits[1] or hits[2]
    else "For the lemon **one example is not enough, and two are**." if hits[3]
    else "For the lemon not even two examples are enough.")

# %% [markdown] sometimes
# A lemon is one question. So how often is *sometimes*? Look again at all the questions that you asked for
# the curve: which of them does one example leave wrong, and more examples put right?

# %% sometimes-run
from course_lib import claims

one, eight = (sum(right(said[k]), []) for k in (1, 8))  # a mark for every question and draw
helped = sum(b > a for a, b in zip(one, eight))
harmed = sum(a > b for a, b in zip(one, eight))
say(f"Of {len(one)} answers, {one.count(0)} are wrong after one example. Eight examples put "
    f"{helped} of these right, and make {harmed} others wrong. Several examples were needed, and "
    f"enough, for {percent(helped / len(one))} of the answers.")
verdict = claims.get("C69").judge(claims.recorded("C69"))
say("Recorded, with several draws, the statement that sometimes several examples are needed "
    f"**{verdict.word}**. {verdict.because}")

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
    return [[text in relation.values() for text in drawn]
            for drawn, (relation, _) in zip(texts, ITEMS)]


blind = {k: ask(model, never_shown(k), draws=2) for k in K[:4]}
form, answer = ({k: interval(mark(blind[k]), GROUPS) for k in blind} for mark in (valid, right))

# %% form-answer-plot
guess = sum(1 / len(set(relation.values())) for relation in world.values()) / len(world)
show_curves({"right form": form, "right answer": answer},
            f"orchard-s, n = {len(ITEMS)} held-out pairs, two draws each; no example has the right "
            "answer. Bands: 95 % intervals by item. Dashed: a blind pick of one of the values.",
            "examples in the prompt (k), none with the right answer", {"blind pick": guess})

# %% form-answer-explain
say(f"One example takes the right **form** from {percent(form[0][0])} to {percent(form[1][0])}, "
    f"and the right **answer** from {percent(answer[0][0])} to {percent(answer[1][0])}, though no "
    f"example shows it. A blind pick within the form would reach {percent(guess)}."
    + (" What is above it, the weights knew before." if answer[1][1] > guess else ""))
say(f"With four such examples {percent(answer[4][0])} are right; with four that may also hold the "
    f"answer, {percent(share[4][0])}.")

# %% [markdown] lab
# ## Explore: the prompt lab
#
# **Question: can you find two examples that make the model wrong about the apple? And about another fruit?**
# Set the number of examples to two and change the draw. Then shuffle their answers, and change the query.

# %% lab-run
from course_lib import load_model
from course_lib.explore.prompt_lab import DRAWS, State, prompt_lab, prompt_of

prompt_lab(*load_model("orchard-s"))

# %% lab-ask
fruit = world["fruit_family"]
tried = [State(query=key, k=2, draw=draw, shuffled=mixed)
         for key in fruit.held_out for mixed in (False, True) for draw in range(DRAWS)]
written = dict(zip(tried, complete(model, tokenizer, [prompt_of(state) for state in tried])))
wrong = [state for state in tried if written[state] != fruit[state.query]]


def told_of(state):
    return (f"<code>{on_one_line(prompt_of(state))}</code> (draw {state.draw}), where it writes "
            f"<code>{written[state]}</code>")

# %% lab-found
found = ""
for mixed, how in ((False, "the examples as they are"), (True, "their answers shuffled")):
    apple = [state for state in tried if (state.query, state.shuffled) == ("apple", mixed)]
    scores = score_choices(model, tokenizer, list(map(prompt_of, apple)), ["pome"], normalise=False)
    (p,), hardest = min(zip(scores, apple), key=lambda pair: pair[0])
    others = [state for state in wrong if state.query != "apple" and state.shuffled == mixed]
    n_wrong = len(set(apple) & set(wrong))
    found += (f"<p>With {how}, the model is wrong about the apple in {n_wrong} of the lab's "
              f"{DRAWS} draws. Hardest is {told_of(hardest)}: there <code>pome</code> has a "
              f"probability of {decimal(p)}. Of the {len(fruit.held_out) - 1} other fruits in no "
              f"list, {len({state.query for state in others})} can be made wrong"
              + (f", for instance by {told_of(others[0])}." if others else ".") + "</p>")
fold("What did you find?", found)

# %% [markdown] teach
# ## What do examples teach?
#
# The source calls such lines training examples. If they taught the model the pairs, wrong labels should ruin
# it. So give each example the answer of another one, and change nothing else. We ask only in relations where
# keys share answers (as fruits share families), with four examples.

# %% teach-predict
from course_lib.quiz import predict, reveal

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
DASH = "{key} - {value}"
variants = {"as they are": changed(), "labels shuffled": changed(change=shuffle_values),
            "no examples": changed(0),
            "another order": changed(change=lambda pairs, draw: shuffle_order(pairs, draw + 1)),
            "form broken: key - value": changed(template=DASH),
            "form broken, no examples": changed(0, template=DASH)}
marked = {name: right(ask(model, build, items=shared), shared) for name, build in variants.items()}

# %% teach-plot
from course_lib.plots import show_shares

measured = {name: interval(mark, names) for name, mark in marked.items()}
pool = [relation for relation in world.values() if relation.values_repeat]
chance = sum(1 / len(set(relation.values())) for relation in pool) / len(pool)
show_shares(measured, "right answers",
            f"orchard-s, four examples unless it says none; n = {len(shared)} held-out pairs of "
            f"{len(pool)} relations, three draws. Lines: 95 % intervals by item. Dashed: a blind "
            "pick of one of the relation's answers.", ["as they are"], {"blind pick": chance})

# %% teach-reveal
def lost(name):
    """How much is lost against the examples as they are."""
    return interval(minus(marked["as they are"], marked[name]), names)


fall, low, high = lost("labels shuffled")
way = fall / (measured["as they are"][0] - chance)  # 1: all the way down to a blind pick
reveal("01.shuffled", "same" if low <= 0 <= high else "rises" if fall < 0
       else "chance" if way > 0.5 else "little")

# %% teach-explain
def effect(loss):
    """A loss in words."""
    mean, low, high = loss
    verb = "costs" if low > 0 else "gains" if high < 0 else "makes no difference that we can see:"
    return f"{verb} {span((-mean, -high, -low) if low <= 0 else loss)}"


kept = measured["labels shuffled"][0] - measured["no examples"][0]
turned = minus(marked["as they are"], marked["another order"])
flips = sum(map(abs, sum(turned, []))) / (3 * len(shared))
say(f"**Labels.** Shuffling them {effect(lost('labels shuffled'))}. Such examples give "
    f"{round(100 * kept)} points more than none.")
say(f"**Order.** Another one {effect(lost('another order'))}; {percent(flips)} of the single "
    "answers turn from right to wrong or back.")
say(f"**Form.** A dash in place of the colon {effect(lost('form broken: key - value'))}.")

# %% teach-form
for relation, key in shared[::35]:
    prompt = changed(template=DASH)(relation, key, 0)
    print(f"{prompt}  ->  {complete(model, tokenizer, prompt)!r}\n")
losses = {name: lost(name) for name in list(variants)[1:5] if name != "no examples"}
worst = max(losses, key=lambda name: losses[name][0])
say("None of the three changes costs anything that we can see." if losses[worst][1] <= 0
    else f"Of the three changes, **{worst}** costs most."
    + (" This world writes its lists with a colon, never with a dash: there was no text from which "
       "the model could have learned that form." if "form" in worst else ""))

# %% [markdown] teach-new
# But these facts are in the weights: whoever knows them needs no labels. So take a mapping that **no text
# had**: fruits get one word, animals another, and neither word means them. Only the labels can tell which
# goes where. Beside the prompt stands a rival: the same lines as *real* training examples, read again and
# again while the weights move.

# %% teach-new-run
from course_lib.experiments import new_mapping

print(few_shot(new_mapping.drawn(0)[0][:4], new_mapping.drawn(0)[1][0][0]), "\n")
new = {"labels as they are": [new_mapping.followed(model, tokenizer, n) for n in range(3)],
       "labels shuffled": [new_mapping.followed(model, tokenizer, n, mixed=True) for n in range(3)],
       "trained on the lines": [new_mapping.taught(n) for n in range(3)]}
show_shares({name: interval([[one] for one in row]) for name, row in new.items()}, "right labels",
            f"{new_mapping.K} lines, {new_mapping.ASKED} other keys, {len(new['labels shuffled'])} "
            "mappings. Lines: 95 % intervals by mapping.", ["labels as they are"],
            {"guessing": 0.5})
verdict = claims.get("C72").judge(claims.recorded("C72"))
say(f"Recorded, “few-shot lines are training examples” **{verdict.word}**. {verdict.because}")

# %% [markdown] teach-beside
# Beside it, from large models:
#
# > … randomly replacing labels in the demonstrations barely hurts performance on a range of classification and
# > multi-choice tasks, consistently over 12 different models including GPT-3.
# >
# > — [Min et al. 2022, abstract](https://arxiv.org/abs/2202.12837)
#
# Does your measurement agree? Theirs are tasks with a few labels, ours are facts and a mapping of two words.
# [Wei et al. 2023](https://arxiv.org/abs/2303.03846) add that size decides: where labels are flipped, small
# models keep to what they know, and large ones follow the labels.

# %% [markdown] platform
# ## Writing is not yet classifying
#
# The source says of a base model: its text is no solution to classification, it can serve *as a platform
# rather than a solution*. So give it a task of that kind: is a review positive or negative? It has read
# thousands of reviews, and never one with a label. Half of ours are positive, so guessing gives half.

# %% platform-predict
from course_lib.quiz import predict, reveal

predict("01.platform")

# %% platform-ask
from course_lib import load_task

task = load_task("reviews")
rows, words = task["test"].select(range(200)), ["negative", "positive"]
zero_shot = lambda text: few_shot([], text, "{key}\nlabel: {value}")
print(zero_shot(rows[0]["text"]), "->", rows[0]["answer"])


def best(scores, choices):
    return choices[scores.index(max(scores))]


raw = score_choices(model, tokenizer, [zero_shot(text) for text in rows["text"]], words)
bare = [[best(p, words) == label] for p, label in zip(raw, rows["answer"])]
reveal("01.platform", 100 * round(interval(bare)[0], 2))

# %% [markdown] platform-two
# Do two examples help here? One prompt is not all prompts: what a prompt reaches that was *searched* on 64
# labelled reviews, and what training on the same ones does, this claim's recorded runs say below. Lesson 02
# trains live, lesson 03 searches live; another prompt stands under Calibration.

# %% platform-ask-two
short = sorted(task["train"].select(range(400)), key=lambda row: len(row["text"]))
two = [next((row["text"], row["answer"]) for row in short if row["answer"] == word)
       for word in words]  # short ones: two of them and the question must fit into the context
prompts = [few_shot(two, text, "{key}\nlabel: {value}") for text in rows["text"]]
print(prompts[0])
raw_2 = score_choices(model, tokenizer, prompts, words)
bare_2 = [[best(p, words) == label] for p, label in zip(raw_2, rows["answer"])]

# %% platform-plot
labelled = {"no example": interval(bare), "two examples": interval(bare_2)}
show_shares(labelled, "right labels",
            f"n = {len(rows)} reviews, half of them positive. Lines: 95 % intervals.",
            ["two examples"], {"guessing": 1 / len(words)})

# %% platform-explain
for name, (mean, low, high) in labelled.items():
    side = "more" if low > 1 / len(words) else "less" if high < 1 / len(words) else ""
    say(f"With {name}, {percent(mean)} are right (95 % interval {percent(low)} to {percent(high)}):"
        + (f" {side} than guessing gives." if side else " that cannot be told from guessing."))
positive = sum(p[1] > p[0] for p in raw)
say(f"Without an example the model calls {positive} of the {len(rows)} reviews positive.")
verdict = claims.get("C02").judge(claims.recorded("C02"))
say(f"Recorded, that it is a platform rather than a solution **{verdict.word}**. {verdict.because}")

# %% [markdown] calibration
# ## Calibration
#
# Perhaps a prompt only *leans* to one side before anything is asked? Then one could take that leaning out.
# First look at one, where facts are asked: put `N/A` where the question should be. These examples are
# three drupes and then a hesperidium.

# %% calibration-run
from course_lib.prompting import content_free_scores

examples = [("peach", "drupe"), ("plum", "drupe"), ("cherry", "drupe"), ("mandarin", "hesperidium")]
ask_family = lambda key: few_shot(examples, key)
free = content_free_scores(model, tokenizer, ask_family, families)  # mean over "N/A", "" and "…"
told = ", ".join(f"{name} {decimal(p)}" for name, p in zip(families, free))
show(bars(families, free, x_label="probability when nothing is asked", limit=1),
     alt=f"Bars with what the prompt prefers when nothing is asked: {told}.",
     caption="Normalised over the families; mean over three questions that say nothing. One "
             f"prompt. Without any leaning each would have {1 / len(families):.2f}.")
why = {"hesperidium": "the last answer shown", "drupe": "the answer shown most often"}
leaders = [name for name, p in zip(families, free) if p > max(free) - 0.05]  # if close, name both
say("It leans most to " + " and ".join(
    f"`{name}` ({why.get(name, 'which no example shows')})" for name in leaders) + ".")

# %% [markdown] calibration-idea
# *Contextual calibration* takes the leaning out: divide each answer's probability by what it has when
# nothing is asked, and make them sum to one. By hand, for the held-out fruit on which it changes most:

# %% calibration-hand
from course_lib.prompting import calibrate

asked = score_choices(model, tokenizer, [ask_family(key) for key in fruit.report], families)
change = lambda p: max(abs(a - b) for a, b in zip(p, calibrate(p, free)))
key, p = max(zip(fruit.report, asked), key=lambda one: change(one[1]))

ratio = [p_asked / p_free for p_asked, p_free in zip(p, free)]  # above 1: the question raised it
divided = [r / sum(ratio) for r in ratio]                      # they sum to one again
assert all(abs(ours - theirs) < 1e-9 for ours, theirs in zip(divided, calibrate(p, free)))
table = "\n".join(f"| {name} | {a:.3f} | {f:.3f} | {r:.2f} | {d:.3f} |"
                  for name, a, f, r, d in zip(families, p, free, ratio, divided))
say(f"| family | {key} | nothing asked | ratio | calibrated |\n|---|---|---|---|---|\n{table}")
say(f"Most probable for `{key}` before: `{best(p, families)}`; after: `{best(divided, families)}`. "
    f"Right is `{fruit[key]}`.")

# %% [markdown] calibration-all
# One fruit proves nothing. Ask all held-out pairs of the relations from above with four examples, choosing
# among all of a relation's answers, before and after. Then the reviews, with the task's words and with a
# prompt like the searched ones: it ends with `In short:`, and compares `skis` with `I`.

# %% calibration-facts
before, after = [], []  # for every item 1 or 0 in each of two draws
for relation in pool:
    choices, plain, calibrated = sorted(set(relation.values())), [], []
    for draw in range(2):
        build = lambda key: few_shot(draw_examples(relation, 4, draw), key)
        leaning = content_free_scores(model, tokenizer, build, choices)
        scores = score_choices(model, tokenizer, [build(key) for key in relation.report], choices)
        plain.append([best(p, choices) == relation[key] for p, key in zip(scores, relation.report)])
        calibrated.append([best(calibrate(p, leaning), choices) == relation[key]
                           for p, key in zip(scores, relation.report)])
    before, after = before + list(zip(*plain)), after + list(zip(*calibrated))

# %% calibration-reviews
in_short = lambda text: f"{text}\nIn short:"
odd = score_choices(model, tokenizer, [in_short(text) for text in rows["text"]], ["skis", "I"])
mended, marks_of = {}, {}
for name, build, pair, scores in (("reviews", zero_shot, words, raw),
                                  ("reviews, In short", in_short, ["skis", "I"], odd)):
    leaning = content_free_scores(model, tokenizer, build, pair)
    mended[name] = [calibrate(p, leaning) for p in scores]
    marks_of[name], marks_of[f"{name}, calibrated"] = (
        [[words[p[1] > p[0]] == label] for p, label in zip(one, rows["answer"])]
        for one in (scores, mended[name]))

# %% calibration-plot
choices = {"facts": interval(before, names), "facts, calibrated": interval(after, names),
           **{name: interval(mark) for name, mark in marks_of.items()}}
show_shares(choices, "right choices",
            f"Facts: n = {len(before)} held-out pairs, four examples, two draws; guessing gives "
            f"{percent(chance)}. Reviews: n = {len(rows)}, no example; guessing gives "
            f"{percent(1 / len(words))}. Lines: 95 % intervals by item.",
            [name for name in choices if name.endswith("calibrated")])

# %% calibration-explain
on_facts = interval(minus(before, after), names)
say(f"On facts, calibration {effect(on_facts)}.")
for name, scores in (("reviews", raw), ("reviews, In short", odd)):
    loss = interval(minus(marks_of[name], marks_of[f"{name}, calibrated"]))
    say(f"On {name}, it {effect(loss)}; the model calls {sum(p[1] > p[0] for p in scores)} of "
        f"{len(rows)} positive before and {sum(p[1] > p[0] for p in mended[name])} after.")
if on_facts[1] > 0:
    say("**Why does it harm facts?** A likely reason stands in the table above. `N/A` is no "
        "neutral question to this model: it never read such a line. What it prefers there need not "
        "be its leaning elsewhere, and an answer that happens to be rare there "
        f"(down to {min(free):.3f}) is blown up by the division.")
say("Dividing helps where the words carry the answer and the leaning is what misleads. It cannot "
    "make a model know what a label means. So measure before you trust a repair.")

# %% [markdown] calibration-beside
# Beside it, what the authors report for large models:
#
# > … this contextual calibration procedure substantially improves GPT-3 and GPT-2's average accuracy (up to
# > 30.0% absolute) and reduces variance across different choices of the prompt.
# >
# > — [Zhao et al. 2021, abstract](https://arxiv.org/abs/2102.09690)

# %% [markdown] hash
# ## Did the model change?
#
# It has answered thousands of questions since you loaded it, and read thousands of examples. Did that leave
# anything behind in its parameters?

# %% hash-predict
from course_lib.quiz import predict, reveal

predict("01.unchanged")

# %% [markdown] hash-how
# Compare the fingerprint of all its parameters with the one from the beginning. One changed bit would make
# it another one.

# %% hash-run
hash_after = weights_hash(model)
print("before", hash_before[:32], "…\nafter ", hash_after[:32], "…")
added = sum(parameter.numel() for parameter in model.parameters()) - parameters
reveal("01.unchanged", "added" if added else "none" if hash_after == hash_before else "some")
assert hash_after == hash_before and not added  # not a single bit
say(f"Not one bit of {parameters:,} parameters changed, and {added} were added. Nothing stays "
    "behind, so the next question needs its examples again.")

# %% [markdown] cost
# What did change is the **prompt**, and it is paid for with every question. Count tokens, and operations: a
# token that is read costs about two for every parameter outside the embedding table. (We leave out two things: what
# attention adds, here little; and that a server may keep what it computed for a beginning that prompts share.)

# %% cost-run
body = parameters - model.get_input_embeddings().weight.numel()  # without the table of embeddings


def tokens_per_question(k):
    """Mean over all held-out questions."""
    prompts = [k_shot(k)(relation, key, 0) for relation, key in ITEMS]
    return sum(len(ids) for ids in tokenizer(prompts)["input_ids"]) / len(prompts)


tokens = {k: tokens_per_question(k) for k in K}
table = "\n".join(f"| {k} | {n:.1f} | {2 * body * n / 1e6:.0f} | {n / tokens[0]:.1f} × |"
                  for k, n in tokens.items())
say("| examples | tokens per question | million operations | against no example |\n"
    "|---|---|---|---|\n" + table)

# %% [markdown] cost-tuning
# Compare that with fine-tuning once and asking with bare questions ever after. Training on an example costs
# about three times as much as reading it: once forward, twice for the way back. As a typical run take 200
# steps of 32 questions.

# %% cost-tuning-run
asking = {k: 1000 * 2 * body * n for k, n in tokens.items()}    # 1,000 questions
tuning = 3 * 2 * body * tokens[0] * 200 * 32                    # once
pays = {k: tuning / ((asking[k] - asking[0]) / 1000) for k in (1, 8)}
say("| | billion operations |\n|---|---|\n"
    f"| 1,000 questions with 1 example each | {asking[1] / 1e9:.0f} |\n"
    f"| 1,000 questions with 8 examples each | {asking[8] / 1e9:.0f} |\n"
    f"| fine-tuning once | {tuning / 1e9:.0f} |\n"
    f"| 1,000 bare questions, of the tuned model | {asking[0] / 1e9:.0f} |")
say(f"In operations alone, tuning pays from about **{pays[8]:,.0f} questions** on where each would "
    f"need 8 examples, and from about **{pays[1]:,.0f}** where 1 example is enough. A prompt needs "
    "no training and no labels beyond its examples; a tuned model needs none in its prompt.")

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
for prompt in (one_shot, few_shot(fruits, "lemon"), "hot: cold\nbig: small\nold:"):
    ours = complete(model, tokenizer, prompt)
    batch = tokenizer(prompt, return_tensors="pt")
    new = model.generate(**batch, generation_config=greedy)[0, batch["input_ids"].shape[1]:]
    written = tokenizer.decode(new, skip_special_tokens=True)
    piped = writer(prompt, generation_config=greedy, return_full_text=False)[0]["generated_text"]
    assert ours == first_line(written) == first_line(piped)
    print(f"{prompt!r:42} -> {ours}")

# %% [markdown] exercise
# ## Now you
#
# In [exercise 01](../exercises/01_prompting.ipynb) you write the prompt, the scoring and the calibration
# yourself, and measure a curve of your own. Each task has a check that names the likely mistake.
#
# ## Quiz
#
# A wrong answer tells you why it was tempting, and where the lesson shows what is true.

# %% quiz-bare
from course_lib.quiz import quiz

quiz("01.bare")

# %% quiz-several-tokens
from course_lib.quiz import quiz

quiz("01.several_tokens")

# %% quiz-softmax
from course_lib.quiz import quiz

quiz("01.softmax")

# %% quiz-format
from course_lib.quiz import quiz

quiz("01.format")

# %% quiz-controls
from course_lib.quiz import quiz

quiz("01.controls")

# %% quiz-calibration
from course_lib.quiz import quiz

quiz("01.calibration")

# %% quiz-params
from course_lib.quiz import quiz

quiz("01.params")

# %% quiz-cost
from course_lib.quiz import quiz

quiz("01.cost")

# %% [markdown] verdicts
# ## The text says, we measured
#
# The statements are from Google's Machine Learning Crash Course; its address stands below, under Sources. The
# figures are yours, from this run; the intervals are over three draws of examples, or over names. Code draws
# the verdict from them.

# %% another-list
from course_lib.experiments.new_mapping import of_another

def line_of_another(relation, key, draw):
    """A control for C68: one example, of another list."""
    return few_shot(of_another(relation, key, f"{draw} {key}"), key)


other_list = ask(model, line_of_another)

# %% verdicts-run
from course_lib.claims.view import ledger, says_measured_verdict

by_draw = lambda marks: [interval([[one[draw]] for one in marks], GROUPS)[0] for draw in range(3)]
says_measured_verdict({
    "C68": {f"{what}_{name}": by_draw(mark(texts))
            for what, mark in (("valid", valid), ("right", right))
            for name, texts in (("0", said[0]), ("1", said[1]), ("another", other_list))}
           | {"untrained_1": by_model["random weights"][1][0]},
    "C70": {f"bits_{k}": row for k, row in undecided.items()},
    "C71": {"added": added, "changed": hash_after != hash_before},
})

# %% [markdown] ledger
# One run is one run. The *ledger* holds the recorded runs of all claims of this lesson, over several seeds.

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
# **What remains unexplained:** the task's own label words did not reach what the model knows of reviews, and an
# odd pair of words did. What does training bring, then, beyond the right question? Lesson 02 trains every
# parameter; lesson 03 searches prompts, and asks which parameters and which data are needed.

# %% [markdown] sources
# ## Sources
#
# - Google, Machine Learning Crash Course,
#   [LLMs: fine-tuning, distillation and prompt engineering](https://developers.google.com/machine-learning/crash-course/llm/tuning),
#   the statements and the examples with peach, plum and apple.
# - Brown et al. 2020, [Language models are few-shot learners](https://arxiv.org/abs/2005.14165).
# - Zhao et al. 2021, [Calibrate before use](https://arxiv.org/abs/2102.09690).
# - Min et al. 2022, [Rethinking the role of demonstrations](https://arxiv.org/abs/2202.12837).
# - Wei et al. 2023, [Larger language models do in-context learning differently](https://arxiv.org/abs/2303.03846).
# - Lu et al. 2022, [Fantastically ordered prompts and where to find them](https://arxiv.org/abs/2104.08786).
