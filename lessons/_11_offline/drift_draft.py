# %% [markdown] drift
# ## It was right when it was tested
#
# A model stays what it is. The world does not: users write of other things, and what counts as right changes. Here is
# `orchard-s`, tuned on reviews of films and restaurants, after its deployment. Five futures are known to us, as they
# never are outside: nothing moves; *words* move, to gadgets or to a keyboard without an e; the *prior* moves, to four
# positive reviews of five; *labels* move, and what was positive of a restaurant is negative from now on, in the same
# texts. Thousands of its answers are recorded.

# %% drift-load
import numpy as np

from course_lib.display import percent, say, show_table
from course_lib.experiments.drift import KINDS, sample, streams
from course_lib.experiments.drift_alarms import WATCHES, by_size, calibrated
from course_lib.explore.recorded import drift as recorded

kept, rng = recorded.read(), np.random.default_rng(lesson.seed)
pools = kept.pools
show_table([[name, f"{len(rows):,}"] for name, rows in pools.items()], ["recorded", "rows"])

# %% drift-draw tags=["presentation"]
from course_lib.plots import show
from course_lib.plots.drawings import what_an_alarm_needs

show(what_an_alarm_needs(), alt="Texts go into the tuned model, which gives scores. Of the scores "
     "alone, without a label, PSI and the model's doubts are made. With labels, for which somebody "
     "checks each answer, errors and losses are made of them.",
     caption="What can be watched after deployment.")

# %% fill-in 11.guessed

# %% [markdown] guess
# The temperature was fitted on validation rows, so that the model's probabilities mean there what they say. Now labels
# turn: all restaurants, no text changed.

# %% guess-predict
from course_lib.quiz import predict, reveal

predict("11.guess")

# %% guess-run
import torch

rows = {kind: sample(pools, kind, (4000,), rng) for kind in KINDS}
right = {kind: 1 - one.wrong.mean() for kind, one in rows.items()}
guess = {kind: guessed(torch.tensor(one.logits), kept.temperature).item()
         for kind, one in rows.items()}
reveal("11.guess", round(100 * guess["turned"]))
show_table([[words, percent(right[kind]), percent(guess[kind])] for kind, words in KINDS.items()],
           ["what moves", "right", "the model's guess"])

# %% [markdown] guess-said
# Where texts become hard to read, a model can notice, and its guess may fall. Where labels move it *cannot* fall: it is
# made of texts alone, and these are what they were.

# %% [markdown] psi
# ## How far is far?
#
# The **population stability index** compares how a number is spread, here the model's score, in two samples: 0 where
# nothing differs. "Above .1 it has moved a little, above .25 it has moved", it is said, whatever the number of rows.
# So compare n rows with n others, drawn from the *same* world.

# %% folk-predict
from course_lib.quiz import predict, reveal

predict("11.folk")

# %% folk-run
sizes = by_size(pools["own"].margins, pools["gadgets"].margins, (50, 200, 1000, 5000), 200, rng)
reveal("11.folk", round(100 * sizes[50]["same_folk"]))
columns = {"same_folk": "same world: above .1", "moved_folk": "gadgets: above .1",
           "same_promised": "same world: above ours", "moved_promised": "gadgets: above ours"}
show_table([[f"{n:,}", *(percent(found[name]) for name in columns)] for n, found in sizes.items()],
           ["n", *columns.values()], "Ours: the threshold that promises 5 % for this n.")

# %% [markdown] folk-said
# Where nothing has moved, PSI is about chi-square, divided by the number of rows. A fixed threshold therefore promises
# nothing: with few rows it rings by chance, and with many it misses what is there. `psi_threshold` asks for n first.

# %% fill-in 11.climbed

# %% [markdown] promise
# ## An alarm that keeps a promise
#
# An alarm looks after *every* row, so it has many chances to err. The promise must be of a whole stream. Draw streams
# from recorded errors of when nothing moved, take the highest value of each: the threshold leaves 5 % of them above it.
# Then try it on streams of *other* rows.

# %% promise-run
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
# 5 %. In each future something moves after 500 rows.

# %% rings-predict
from course_lib.quiz import predict, reveal

predict("11.rings")

# %% rings-run
from course_lib.experiments.drift_told import told_rings, who_rings

alarms = calibrated(pools["reference"], pools["calibration"], kept.temperature, length=1000)
rung = {}
for kind in KINDS:
    future = streams(pools, kind, 500, (200, 1000), rng)
    rung[kind] = {name: np.isfinite(one.alarms(future)).mean() for name, one in alarms.items()}
reveal("11.rings", who_rings(rung["turned"]))
show_table([[words, *(percent(rung[kind][name]) for name in WATCHES)]
            for kind, words in KINDS.items()], ["what moves", *WATCHES.values()],
           "Of 200 streams, which share rings by row 1,000.")
say("Labels move: " + told_rings(rung["turned"]))

# %% [markdown] explore
# ### Explore: the drift alarm
#
# **Question: what does a false alarm less cost, in rows?** Let a tenth of the restaurants turn, then all of them; and
# find a drift that harms nobody and rings, and one that harms and does not.

# %% explore-run
from course_lib.display import fold
from course_lib.explore.drift_alarm import drift_alarm, found

drift_alarm()
fold("What did you find?", found())

# %% river-run
from course_lib.explore.recorded import drift_alarms as beside

show_table([[name, percent(one["false"]), *(f"{percent(rung)}" + f", after {rows:.0f}" * (rung > 0.5)
                                            for rung, rows in zip(one["rung"], one["rows"]))]
            for name, one in beside.read()["river"].items()],
           ["river, as it comes", "false alarms",
            *(f"{percent(share)} turned" for share in beside.SHARES)],
           f"Recorded: {beside.BESIDE:,} streams; the share that rings, the rows to half of them.")

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
           ["", "right by the labels of now", "of films"],
           f"Recorded, {len(record['alone_now'].values)} seeds.")
say(told_training(films, now))
