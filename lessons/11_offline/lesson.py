# %% [markdown] title
# # Lesson 11 · Offline inference and drift
#
# **What this lesson claims:** predictions can be computed ahead and kept, and the world moves on after training.
# You need [lesson 01](01_prompting.ipynb). After it you can
#
# - answer thousands of prompts at once, stop at any moment and go on, with nothing computed twice;
# - say which answers may be looked up, and which look-alikes may not;
# - watch over a model in use with an alarm whose false alarms are promised, and checked.

# %% setup
from course_lib.lesson import start
from course_lib.quiz import due

lesson = start("11")
due("11", "02.what_costs", "09.shift", "10.hack")

# %% [markdown] ahead
# ## Answer before anybody asks
#
# Google's course tells how the names of vaccines, more than 800 in more than 50 languages, were computed **offline**,
# once, and what people typed was matched against them. Who knows all prompts beforehand can do more:

# %% ahead-draw tags=["presentation"]
from course_lib.plots import show
from course_lib.plots.drawings import answered_ahead

show(answered_ahead(), alt="Rows become distinct prompts. Those that are new are grouped by what "
     "they begin with, put into batches of one length, and read by the model. After every batch "
     "the answers go into the cache, a table from a key to an answer; from it every row gets its "
     "answer.", caption="What the cache has already is not computed.")

# %% [markdown] file
# Here is a file of 400 questions about the world, three in ten of them repeated. `course predict` answers it. We do it
# badly first, one prompt at a time, and **kill** the process when it has 100 answers.

# %% kill-run
from pathlib import Path
from tempfile import mkdtemp

from course_lib.display import percent, say, show_table
from course_lib.experiments import offline_lesson

folder = Path(mkdtemp())
given, out, cache = (folder / name for name in ("questions.csv", "answers.csv", "kept"))
prompts = offline_lesson.write_questions(given, lesson.seed, n=400, again=0.3)
say(f"{len(prompts)} rows, {len(set(prompts))} of them distinct, such as “{prompts[0]}”")
command = ["predict", given, "--model", "orchard-s", "--out", out, "--cache", cache]
there = offline_lesson.killed([*command, "--batch-size", 1], cache, answers=100)
say(f"Killed. {there} answers are kept; {out.name} is {'there' if out.exists() else 'not there'}.")

# %% [markdown] resume
# The same command once more. What does it compute?

# %% resume-run
from course_lib.offline.command import main

assert main(list(map(str, command[1:]))) == 0
rows = out.read_text(encoding="utf-8").splitlines()
assert len(rows) == 1 + len(prompts)                   # every row, in its order
print(*rows[:2], sep="\n")

# %% [markdown] key
# An answer is found again by its **key**: a hash of the prompt and of *all* that the answer depends on, the model's
# weights first of all. A half-written file never stands where the whole one belongs.

# %% [markdown] batch
# ## What a batch saves
#
# In a pass the model looks at all its weights, for one prompt or for many. But rows of a batch are filled up to the
# longest of them.

# %% fill-in 11.padding

# %% batch-predict
from course_lib.quiz import predict, reveal

predict("11.batch")

# %% batch-run
import time

from course_lib.experiments.offline_costs import answers
from course_lib.models import load_model

model, tokenizer = load_model("orchard-s")
lengths = [len(ids) for ids in tokenizer(prompts)["input_ids"]]
show_table([[name, str(padding(order, 64)), percent(padding(order, 64) / sum(order))]
            for name, order in (("as they come", lengths), ("sorted", sorted(lengths)))],
           ["order", "tokens of padding", "of the tokens"], f"{len(lengths)} rows, 64 at once.")
seconds = {}
for at_once in (1, 64):
    before = time.process_time()
    answers(model, tokenizer, prompts[:64], batch=at_once)
    seconds[at_once] = time.process_time() - before
reveal("11.batch", round(seconds[1] / seconds[64]))

# %% [markdown] prefix
# ### A beginning that all share
#
# Four examples before each question make it several times as long. But all begin alike, so that part is read **once**:
# its keys and values are kept, and each question goes on behind them.

# %% prefix-run
from course_lib.experiments.offline_stream import answer_of, entries
from course_lib.offline import plan

shots = list(entries(lesson.seed).items())[:4]
head = "".join(f"{asked} It is {answer_of(fact)}.\n" for asked, fact in shots)
ids = tokenizer([head + prompt for prompt in dict.fromkeys(prompts)])["input_ids"]
groups = plan(ids, batch_size=64)
read = sum(group.prefix + sum(len(ids[row]) - group.prefix for row in group.rows)
           for group in groups)
total = sum(map(len, ids))
say(f"{total:,} tokens, {read:,} of them are read: {percent(read / total)}.")

# %% [markdown] explore
# ### Explore: batch and cache
#
# **Question: what saves more, batches or shared beginnings?** And when does a cache save most?

# %% explore-run
from course_lib.display import fold
from course_lib.explore.batch_and_cache import batch_and_cache, found

batch_and_cache()
fold("What did you find?", found())

# %% [markdown] stream
# ## People ask otherwise
#
# Now a thousand people ask. A few of the world's facts are asked for often, most of them seldom; the 800 leading ones
# were answered ahead, in every wording but the last. And some people type without capitals, or swap two letters.

# %% stream-run
from course_lib.experiments.offline_stream import stream

queries, known = stream(lesson.seed), entries(lesson.seed)
show_table([[query.text, query.typed, query.answer] for query in queries[:3]],
           ["what is typed", "how", "right answer"])

# %% fill-in 11.same_words

# %% stream-predict
from course_lib.quiz import predict, reveal

predict("11.right")

# %% online-run
from course_lib.experiments.offline_matched import matched, matchers

texts = list(dict.fromkeys([*known, *(query.text for query in queries)]))
said = answers(model, tokenizer, texts)                # ahead, and online
hits = {name: matched(way, known, queries) for name, way in matchers(model, tokenizer).items()}
assert [same_words(known, query.text) for query in queries[:50]] == hits["words"][:50]

# %% match-run
from course_lib.experiments.offline_costs import of_all
from course_lib.experiments.offline_matched import served

got = {"none": served(model, queries, said, [None] * len(queries))} | {
    name: served(model, queries, said, hit, name == "meaning") for name, hit in hits.items()}
ahead = of_all(model, (said[text] for text in known)) / 1e9
reveal("11.right", offline_lesson.more_right(got["words"].right, got["none"].right))
show_table([[name, percent(one.found), percent(one.right), f"{one.operations:.1f}"]
            for name, one in got.items()],
           ["matched by", "found", "right", "billion operations"],
           f"{len(queries):,} queries; the model answers what is not found. Answering "
           f"{len(known):,} questions ahead took {ahead:.1f} billion, once.")

# %% [markdown] wrong
# ### Near is not the same
#
# The last two ways look for what is *nearly* the same: nearly the same letters, or nearly the same hidden state, as a
# "semantic cache" does.

# %% false-predict
from course_lib.quiz import predict, reveal

predict("11.false")

# %% false-run
from course_lib.experiments.offline_matched import false_hits

wrong = false_hits(hits["letters"], known, queries)
near = sum(one is not None for one in hits["letters"]) - sum(
    one is not None for one in hits["words"])
reveal("11.false", round(100 * len(wrong) / near))
show_table([[queries[place].text, hits["letters"][place],
             said[hits["letters"][place]].text] for place in wrong[:2]],
           ["what is typed", "taken for", "so the answer is"])

# %% [markdown] fresh
# ## The world moves on
#
# Twelve countries move their capital, and the model is told by LoRA. What does the cache say?

# %% fresh-run
from course_lib.experiments.offline_stream import is_right
from course_lib.offline import predict as answer_all

moved = offline_lesson.moved_capitals(lesson.seed)
method, asked = offline_lesson.taught(model, tokenizer, moved, lesson.seed)
old, new = (answer_all(model, tokenizer, asked, one, cache=cache) for one in (None, method))
now = lambda answers: sum(map(is_right, answers, moved.values()))
show_table([["by the prompt alone", str(now(old))],
            ["by the prompt and all weights", str(now(new))]],
           ["what is kept is found", f"right today, of {len(moved)}"])

# %% [markdown] fresh-said
# A key without the weights would go on giving the old answers, and no error. With them the new model finds
# *nothing*, and computes.

# %% [markdown] digits
# ## Not bit by bit
#
# In a batch the same sums are added up in another order, so the last digits differ. At a near tie the other token
# comes. Whoever needs the same answer every time gives every batch **the same shape**, filled up. To see it, take half
# precision, and ask for the colour of everything, fruit or not, of which the model is often unsure:

# %% digits-run
import torch

from course_lib.offline.shapes import compared, next_logits

unsure = offline_lesson.unsure_prompts(lesson.seed)
half = load_model("orchard-s")[0].to(torch.bfloat16)
alone, eight, many = (next_logits(half, tokenizer, unsure, batch) for batch in (1, 8, 64))
there, back = (next_logits(half, tokenizer, order, 64, length=64)
               for order in (unsure, unsure[::-1]))
show_table([[name, str(turned), f"{apart:.2g}"] for name, (turned, apart) in (
            ("8 at once, and alone", compared(alone, eight)),
            ("64 at once, and alone", compared(alone, many)),
            ("one shape, in two orders", compared(there, back.flip(0))))],
           ["the same prompts", "another next token", "logits differ by up to"],
           f"{len(unsure)} prompts.")
say(offline_lesson.told_flip(unsure, tokenizer, alone, many))

# %% [markdown] drift
# ## It was right when it was tested
#
# The world goes on. Here is `orchard-s`, tuned on reviews of films and restaurants, after its deployment, and five
# futures: nothing moves; *words* move, to gadgets or to a keyboard without an e; the *prior* moves, to four positive
# reviews of five; *labels* move, and what was positive of a restaurant is negative from now on, in the same texts.
# Thousands of its answers are recorded.

# %% drift-draw tags=["presentation"]
from course_lib.plots import show
from course_lib.plots.drawings import what_an_alarm_needs

show(what_an_alarm_needs(), alt="Texts go into the tuned model, which gives scores. Of the scores "
     "alone, without a label, PSI and the model's doubts are made. With labels, for which somebody "
     "checks each answer, errors and losses are made of them.",
     caption="What can be watched after deployment.")

# %% [markdown] guess
# How often a model expects to be right is the mean of its **confidence**, the probability of the label that it gives.
# A *temperature* was fitted on validation rows, so that there these probabilities mean what they say. Now the labels of
# all restaurants turn, no text changed.

# %% guess-predict
from course_lib.quiz import predict, reveal

predict("11.guess")

# %% guess-run
import numpy as np

from course_lib.experiments.drift import KINDS, sample
from course_lib.explore.recorded import drift as recorded
from course_lib.monitoring import confidences

kept, rng = recorded.read(), np.random.default_rng(lesson.seed)
pools = kept.pools
futures = {kind: sample(pools, kind, (4000,), rng) for kind in KINDS}
right = {kind: 1 - one.wrong.mean() for kind, one in futures.items()}
guess = {kind: confidences(one.logits, kept.temperature).mean() for kind, one in futures.items()}
reveal("11.guess", round(100 * guess["turned"]))
show_table([[words, percent(right[kind]), percent(guess[kind])] for kind, words in KINDS.items()],
           ["what moves", "right", "the model expects"])

# %% [markdown] guess-said
# Where texts become hard to read, a model can notice. Where labels move it *cannot*: what it expects is made of texts
# alone, and these are what they were.

# %% [markdown] psi
# ## How far is far?
#
# The **population stability index** (PSI) compares how a number is spread, here the model's score, in two samples: 0
# where nothing differs. "Above `0.1` it has moved a little, above `0.25` it has moved", it is said, whatever the number
# of rows. So compare n rows with n others, drawn from the *same* world.

# %% folk-predict
from course_lib.quiz import predict, reveal

predict("11.folk")

# %% folk-run
from course_lib.experiments.drift_alarms import by_size

sizes = by_size(pools["own"].margins, pools["gadgets"].margins, (50, 200, 1000, 5000), 200, rng)
reveal("11.folk", round(100 * sizes[50]["same_folk"]))
columns = {"same_folk": "same world: above .1", "moved_folk": "gadgets: above .1",
           "same_promised": "same world: above ours", "moved_promised": "gadgets: above ours"}
show_table([[f"{n:,}", *(percent(said[name]) for name in columns)] for n, said in sizes.items()],
           ["n", *columns.values()], "Ours: the threshold that promises 5 % for this n.")

# %% [markdown] folk-said
# Where nothing has moved, PSI is about chi-square, divided by the number of rows. A fixed threshold therefore promises
# nothing. `psi_threshold` asks for n first.

# %% fill-in 11.climbed

# %% [markdown] promise
# ## An alarm that keeps a promise
#
# An alarm looks after *every* row, so the promise must be of a whole stream. Draw streams from recorded errors of when
# nothing moved, take the highest value of each: the threshold leaves one in twenty of them above it. Then try it on
# streams of *other* rows.

# %% promise-run
from course_lib.experiments.drift import streams
from course_lib.experiments.drift_told import told_promise
from course_lib.intervals import wilson
from course_lib.monitoring import calibrate, page_hinkley, rows_to_alarm

statistic = lambda stream: climbed(stream, 0.05)
threshold = calibrate(statistic, pools["calibration"].wrong, length=1000, false_alarms=0.05)
still = streams(pools, "nothing", 500, (1000, 1000), rng)
assert np.allclose(statistic(still.wrong[:9]), page_hinkley(still.wrong[:9], 0.05))
alarms = np.isfinite(rows_to_alarm(statistic(still.wrong), threshold))
share, low, high = wilson(int(alarms.sum()), len(alarms))
say(f"False alarms in {percent(share)} of {len(alarms):,} streams "
    f"({percent(low)} to {percent(high)}). " + told_promise(low, high))

# %% [markdown] rings
# The same for losses, for PSI of every 100 scores, and for the model's *doubts* (1 less its confidence). Each promises
# the same. In each future something moves after 500 rows.

# %% rings-predict
from course_lib.quiz import predict, reveal

predict("11.rings")

# %% rings-run
from course_lib.experiments.drift_alarms import WATCHES, calibrated
from course_lib.experiments.drift_told import who_rings

alarms = calibrated(pools["reference"], pools["calibration"], kept.temperature, length=1000)
rung = {}
for kind in KINDS:
    future = streams(pools, kind, 500, (200, 1000), rng)
    rung[kind] = {name: np.isfinite(one.alarms(future)).mean() for name, one in alarms.items()}
reveal("11.rings", who_rings(rung["turned"]))
show_table([[words, *(percent(rung[kind][name]) for name in WATCHES)]
            for kind, words in KINDS.items()], ["what moves", *WATCHES.values()],
           "Of 200 streams, which share rings by row 1,000.")

# %% [markdown] alarm
# ### Explore: the drift alarm
#
# **Question: what does a false alarm less cost, in rows?** Let a tenth of the restaurants turn, then all of them; and
# find a drift that harms nobody and rings, and one that harms and does not.

# %% alarm-run
from course_lib.display import fold
from course_lib.explore import drift_alarm

drift_alarm.drift_alarm()
fold("What did you find?", drift_alarm.found())

# %% [markdown] again
# ## And then?
#
# The alarm rang. So label 512 fresh rows and train the base on them anew. Of films nothing has changed.

# %% again-predict
from course_lib.quiz import predict, reveal

predict("11.again")

# %% again-run
from course_lib import claims
from course_lib.experiments.drift_told import told_training, what_training_costs

record, ways = claims.recorded("C79"), ("before", "alone", "mixed", "held")
now, films = ({way: record[f"{way}_{what}"].mean for way in ways} for what in ("now", "films"))
reveal("11.again", what_training_costs(films))
names = ("not trained anew", "on rows of now", "with all rows of then", "with those that have held")
show_table([[name, percent(now[way]), percent(films[way])] for way, name in zip(ways, names)],
           ["", "right now", "films alone"],
           f"Recorded, {len(record['alone_now'].values)} seeds.")
say(told_training(films, now))

# %% [markdown] exercise
# ## Now you
#
# In [exercise 11](../exercises/11_offline.ipynb) you build it all. Then the quiz.

# %% quiz-key
from course_lib.quiz import quiz

quiz("11.key")

# %% quiz-near
from course_lib.quiz import quiz

quiz("11.near")

# %% quiz-rate
from course_lib.quiz import quiz

quiz("11.rate")

# %% quiz-blind
from course_lib.quiz import quiz

quiz("11.blind")

# %% [markdown] ledger
# ## What the texts say, what we measured
#
# The ledger holds the recorded runs of this lesson's claims, over several seeds.

# %% ledger-run
from course_lib.claims.view import ledger

ledger("11")

# %% [markdown] recap
# ## What we know now
#
# 1. What is known beforehand can be computed beforehand: in batches, with shared beginnings, each prompt once. A lookup
#    costs next to nothing, but only for what somebody foresaw.
# 2. A kept answer is right for *its* prompt and *its* model. A question that looks alike may mean another one.
# 3. After deployment, a number without a promised false-alarm rate is no alarm, and without labels nobody can see that
#    labels have moved.
#
# **What stays open:** a model that answers thousands of people repeats to each what its data said: their skews, their
# errors, their secrets. Lesson 12 takes that up.

# %% [markdown] sources
# ## Sources
#
# - Google, Machine Learning Crash Course, LLMs: fine-tuning, distillation, and prompt engineering.
# - Unite.AI, Complete guide to fine-tuning large language models.
# - Page 1954, Continuous inspection schemes. Hinkley 1971, Inference about the change-point from cumulative sum tests.
# - Yurdakul and Naranjo 2020, Statistical properties of the population stability index.
# - Guillory et al. 2021, [Predicting with confidence on unseen distributions](https://arxiv.org/abs/2107.03315).
