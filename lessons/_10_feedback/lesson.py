# %% [markdown] title
# # Lesson 10 · Human feedback: reward model, PPO, DPO
#
# **What this lesson claims:** preferences between two answers can train a model, with or without a reward model.
# And whoever optimises a learned reward too far gets something that nobody wanted. You need what a model's
# probabilities are ([lesson 00](00_start_here.ipynb)) and LoRA ([lesson 06](06_lora.ipynb)). After it you can
#
# - train a reward model from clicks, and say what it has learned beside what it should;
# - tell by an exact curve where more reward begins to be less good;
# - train a policy by PPO and by DPO, and say what each costs.

# %% setup
from course_lib.lesson import start
from course_lib.quiz import due

lesson = start("10")
due("10", "00.logits", "04.what", "06.merged")

# %% [markdown] ground
# ## Nobody can say the right answer
#
# How should a review be summed up in a few words? There is no label to learn from: several answers are good, some are
# better. The base, `orchard-s`, closes a review with one of 51 phrases nearly always. So **all that it can answer
# can be listed**, with its probability, and nothing in this lesson has to be estimated by drawing.

# %% load
from course_lib.display import percent, say, show_table
from course_lib.experiments import feedback
from course_lib.preference import closings

SETTING = feedback.Feedback()
here = feedback.ground(SETTING, lesson.seed)         # 128 reviews to learn with, 32 for the test
answers = [one.text for one in closings()]
p = here.own.exp()                                   # (32, 51): the base, over these answers
inside = here.raw.exp().sum(1).mean().item()
say(f"`{here.tests[0]}` The base's likeliest answers, of {len(answers)}:")
show_table([[answers[k], percent(p[0, k].item())] for k in p[0].topk(5).indices], ["answer", "probability"])
say(f"On all 51 the base puts **{percent(inside)}** of its probability; it is divided by that.")

# %% [markdown] taste
# ## Somebody clicks
#
# Whoever reads such a summary wants it to say what the review says, and likes to be told what to do. That is the
# **taste** here: a point for the first (minus one for the opposite), a point for the second. So what an answer is
# *really* worth is known, as it never is with people. While clicking, though, our rater is moved by length as well: a
# long answer looks thorough.

# %% clicks
from course_lib.preference import Rater, Taste

rater = SETTING.rater
pairs = feedback.asked(SETTING, here, here.reference, SETTING.clicks, lesson.seed)
named = lambda row, k: f"{answers[k]} ({rater.taste.rewards(here.sides[row:row + 1])[0, k]:+.0f})"
show_table([[here.prompts[row].splitlines()[0][:50], named(row, left), named(row, right),
             "left" if click else "right"]
            for row, left, right, click in zip(*(part[:5].tolist() for part in vars(pairs).values()))],
           ["review", "left (worth)", "right (worth)", "clicked"])
say(f"The first of {SETTING.clicks} pairs. Both answers are the base's own.")

# %% fill-in 10.prefer_loss

# %% [markdown] reward
# A **reward model** is anything that gives a number for an answer. Ours is a line through what the base has in its last
# hidden state at the end of an answer, 128 weights, fitted so that the clicks are likely. Nothing else is trained.

# %% reward-predict
from course_lib.quiz import predict, reveal

predict("10.foretold")

# %% reward-run
import torch

from course_lib.preference import Taste, fit_reward

first, second = (here.states[pairs.rows, side] for side in (pairs.left, pairs.right))   # (400, 128)
reward = fit_reward(first, second, pairs.clicked).measured_on(here.states, here.reference)
chosen, rejected = (torch.where(pairs.clicked == one, reward.scores(first), reward.scores(second))
                    for one in (1, 0))
assert prefer_loss(chosen, rejected) < prefer_loss(0 * chosen, 0 * rejected)      # better than no reward
fresh = feedback.asked(SETTING, here, here.reference, 2000, lesson.seed + 1)
right = lambda worth: ((worth[fresh.rows, fresh.left] > worth[fresh.rows, fresh.right])
                       == (fresh.clicked == 1)).float().mean().item()
learned = reward.scores(here.states)
words = torch.tensor([float(one.words) for one in closings()]).expand_as(learned)
true = rater.taste.rewards(here.sides)
reveal("10.foretold", round(100 * right(learned)))
show_table([["the reward model", percent(right(learned))], ["the true worth", percent(right(true))],
            ["the longer answer", percent(right(words))]], ["foretells of 2,000 new clicks", ""])

# %% [markdown] likes
# What has it learned? Explain its rewards by the three things that move the rater, a line fitted to all 51 answers to
# the test's reviews, and put it beside what the rater has in mind.

# %% likes-run
L, T = reward.scores(here.test_states), here.true                                   # (32, 51) each
side = here.test_sides[:, None] * torch.tensor([float(one.side) for one in closings()])
advice = torch.tensor([float(one.advice) for one in closings()]).expand_as(L)
length = torch.tensor([float(one.words) for one in closings()]).expand_as(L)
known = torch.stack([side, advice, length, torch.ones_like(L)], -1).flatten(0, 1)   # (1632, 4)
fitted = torch.linalg.lstsq(known, L.flatten()[:, None]).solution[:3, 0]
clicks_by = torch.tensor([rater.taste.honest, rater.taste.advice, rater.charm.length])
show_table([[name, f"{wanted:g}", f"{moved:g}", f"{found:.2f}"] for name, wanted, moved, found in zip(
    ["says what the review says", "advises", "each word"], [1.0, 1.0, 0.0], clicks_by, fitted)],
    ["", "the taste", "the clicks", "the reward model"])
say("The reward model's unit is its own standard deviation, so compare the three with each other. It hardly saw an "
    "answer that says the opposite of the review, for the base seldom gives one.")

# %% [markdown] best
# ## Best of n
#
# The plainest use of a reward model trains nothing: draw n answers, give the one with the highest reward. The chance of
# each answer to be the best of n follows from the base's probabilities, so no drawing is needed.

# %% best-predict
from course_lib.quiz import predict, reveal

predict("10.best")

# %% best-run
from course_lib.plots import curve, show
from course_lib.preference.exact import best_of, mean_reward

NS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
best = {n: best_of(here.own, L, n) for n in NS}
worth = {n: mean_reward(policy, T) for n, policy in best.items()}
peak = max(worth, key=worth.get)
reveal("10.best", "more" if peak == NS[-1] else "few" if peak <= 8 else "middle")
show_table([[n, f"{mean_reward(policy, L):.2f}", f"{worth[n]:.2f}"] for n, policy in best.items()],
           ["n", "learned reward", "true reward"])

# %% [markdown] frontier
# ## The exact frontier
#
# How much reward can *any* policy have at a given distance from the base? With a price beta for each nat of KL, the
# best policy is $\pi(y) \propto \pi_{base}(y)\, e^{r(y)/\beta}$, and with all answers listed that is one line of code.
# Go through all beta: the curve of the learned reward is a frontier, no policy lies above it. The true reward of the
# *same* policies is what the people get.

# %% frontier-predict
from course_lib.quiz import predict, reveal

predict("10.hump")

# %% frontier-run
from course_lib.preference.exact import divergence, frontier, optimum

assert torch.allclose(optimum(here.own, L, 0.5),
                      torch.log_softmax(here.own + L / 0.5, 1), atol=1e-5)
BETAS = [2 ** (power / 2) for power in range(-10, 6)]
points = frontier(here.own, L, T, BETAS)             # of each beta: (KL, learned, true)
highest = max(points, key=lambda point: point[2])
reveal("10.hump", round(highest[0], 1))
# The picture, with best-of-n upon it, comes with lesson 10's plots.
show_table([[f"{kl:.2f}", f"{one:.2f}", f"{other:.2f}"] for kl, one, other in points],
           ["KL from the base (nats)", "learned reward", "true reward"])

# %% fill-in 10.clipped

# %% [markdown] ppo
# ## PPO
#
# With a large model nobody can list all answers. PPO draws some, has them scored, and makes likelier, token by token,
# what did better than expected.

# %% ppo-run
BETA, RATE = 0.3, 3e-3
policy, history = feedback.by_reward(SETTING, here, reward, "PPO", BETA, RATE, lesson.seed, iterations=20)
ppo = feedback.outcome(here, reward, policy)
print(ppo)

# %% fill-in 10.dpo

# %% [markdown] dpo
# ## DPO: no reward model at all
#
# The frontier's formula can be turned round: every policy is the best one for *some* reward,
# $\beta \ln(\pi / \pi_{base})$. So put that into the loss of a click, and train the policy on the pairs directly.

# %% dpo-predict
from course_lib.quiz import predict, reveal

predict("10.chosen")

# %% dpo-run
policy, steps = feedback.by_pairs(SETTING, here, pairs, feedback.DPO_BETA, 1e-3, lesson.seed, steps=50)
dpo_seen = feedback.outcome(here, reward, policy)
reveal("10.chosen", "fell" if steps[-1]["chosen"] < -0.1 else "rose" if steps[-1]["chosen"] > 0.1 else "stayed")
print(dpo_seen, steps[-1])
