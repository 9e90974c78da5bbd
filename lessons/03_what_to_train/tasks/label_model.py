# %% [markdown] statement
# ## Task 03.3 · A label model
#
# A majority vote believes every rule alike. A label model finds out, without a single label, how far each rule
# can be believed: it goes round and round between two steps.
#
# - *How probable is positive, for each row?* With $a_j$ for how often rule $j$ is right, add up what the votes
#   $v_j$ say, $s = \sum_j v_j \log\frac{a_j}{1 - a_j}$, and $p = \frac{1}{1 + e^{-s}}$. An abstention is 0 and adds
#   nothing.
# - *How often is each rule right?* Over the rows on which it **votes**, add up the probability that its vote is
#   the right one ($p$ where it says 1, $1 - p$ where it says -1). Add 1 to this sum and 2 to the number of its
#   votes, so that a rule with few votes is never certain; then divide.
#
# Start with every $a_j$ at `start` (`0.7` where it is left out), go round `rounds` times, then compute the
# probabilities once more. Return `(accuracies, probabilities)`, two lists or tensors: one number for each rule, one
# for each row, also for a rule that never votes and for a row without a vote.

# %% stub
import torch


def label_model(votes: torch.Tensor, rounds: int, start: float = 0.7):
    """(accuracy of each rule (m,), probability of positive of each row (n,)) from votes (n, m)."""
    raise NotImplementedError

# %% reference
import torch


def label_model(votes: torch.Tensor, rounds: int, start: float = 0.7):
    """(accuracy of each rule (m,), probability of positive of each row (n,)) from votes (n, m)."""
    accuracy, votes, cast = torch.full(votes.shape[1:], start), votes.float(), votes != 0
    for _ in range(rounds):
        positive = (votes @ accuracy.logit()).sigmoid()                      # (n, m) @ (m,) -> (n,)
        right = torch.where(votes > 0, positive[:, None], 1 - positive[:, None])  # (n, m)
        accuracy = ((right * cast).sum(0) + 1) / (cast.sum(0) + 2)              # (m,)
    return accuracy, (votes @ accuracy.logit()).sigmoid()

# %% checks
import random

import torch

TASK = "03.3"
TOLERANCE = 1e-4
DRAWS = 5
GRADIENTS = ()  # it counts, and follows no gradient


def draw(seed: int) -> dict:
    """Rules that are right and abstain more or less often: five, two, four, six or three. Where there are many, one is
    mostly wrong. In every draw a row is without a vote; in every second one a rule never votes.
    """
    rng = random.Random(seed)
    count = (5, 2, 4, 6, 3)[seed % 5]
    rules = rng.sample([(0.9, 0.3), (0.85, 0.6), (0.75, 0.9), (0.6, 0.8), (0.45, 0.5), (0.7, 0.7)], count)
    if count > 4:
        rules[0] = (0.1, 0.9)
    if seed % 2:
        rules[rng.randrange(1, count)] = (1, -1)
    rows = []
    for _ in range(rng.choice([24, 32, 40])):
        side = rng.choice([1, -1])
        rows.append([0 if rng.random() > coverage else side if rng.random() < right else -side
                     for right, coverage in rules])
    rows.insert(rng.randrange(len(rows)), [0] * count)
    return {"votes": torch.tensor(rows), "rounds": (3, 1, 5, 2, 8)[seed % 5],
            "start": rng.choice([0.6, 0.65, 0.75, 0.8, 0.85])}


def probe(label_model, votes: torch.Tensor, rounds: int, start: float) -> dict:
    """What it returns, as numbers, and its accuracies where `start` is left out."""
    number = lambda values: [float(value) for value in torch.as_tensor(values).detach()]
    accuracy, positive = map(number, label_model(votes, rounds, start))
    return {"accuracies": accuracy, "probabilities": positive,
            "accuracies without a start": number(label_model(votes, rounds)[0])}

# %% wrong over_all_rows
# You divide by the number of all rows. A rule that abstains often then looks as if it were often wrong. Count only the
# rows on which the rule votes.
import torch

def label_model(votes, rounds, start=0.7):
    accuracy, votes, cast = torch.full(votes.shape[1:], start), votes.float(), votes != 0
    for _ in range(rounds):
        positive = (votes @ accuracy.logit()).sigmoid()
        right = torch.where(votes > 0, positive[:, None], 1 - positive[:, None])
        accuracy = ((right * cast).sum(0) + 1) / (len(votes) + 2)
    return accuracy, (votes @ accuracy.logit()).sigmoid()

# %% wrong abstentions_are_negative
# You treat a 0 as a vote for negative when you ask how often a rule was right. An abstention is neither right nor
# wrong: leave these rows out.
import torch

def label_model(votes, rounds, start=0.7):
    accuracy, votes = torch.full(votes.shape[1:], start), votes.float()
    for _ in range(rounds):
        positive = (votes @ accuracy.logit()).sigmoid()
        right = torch.where(votes > 0, positive[:, None], 1 - positive[:, None])
        accuracy = (right.sum(0) + 1) / (len(votes) + 2)
    return accuracy, (votes @ accuracy.logit()).sigmoid()

# %% wrong accuracy_as_weight
# You weigh each vote with the accuracy itself. A rule that is right half of the time says nothing, and yet you count
# its vote half. Its weight is log(a / (1 - a)), which is 0 there, and negative for a rule that is mostly wrong.
import torch

def label_model(votes, rounds, start=0.7):
    accuracy, votes, cast = torch.full(votes.shape[1:], start), votes.float(), votes != 0
    for _ in range(rounds):
        positive = (votes @ accuracy).sigmoid()
        right = torch.where(votes > 0, positive[:, None], 1 - positive[:, None])
        accuracy = ((right * cast).sum(0) + 1) / (cast.sum(0) + 2)
    return accuracy, (votes @ accuracy).sigmoid()

# %% wrong log_of_accuracy
# You weigh each vote with log(a). That is never positive, so every vote counts against its own side. Divide by 1 - a
# first: log(a / (1 - a)).
import torch

def label_model(votes, rounds, start=0.7):
    accuracy, votes, cast = torch.full(votes.shape[1:], start), votes.float(), votes != 0
    for _ in range(rounds):
        positive = (votes @ accuracy.log()).sigmoid()
        right = torch.where(votes > 0, positive[:, None], 1 - positive[:, None])
        accuracy = ((right * cast).sum(0) + 1) / (cast.sum(0) + 2)
    return accuracy, (votes @ accuracy.log()).sigmoid()

# %% wrong hard_labels
# You turn each probability into a label before you count. Then a row on which the votes nearly balance counts as much
# as a sure one. Add up the probabilities themselves.
import torch

def label_model(votes, rounds, start=0.7):
    accuracy, votes, cast = torch.full(votes.shape[1:], start), votes.float(), votes != 0
    for _ in range(rounds):
        positive = ((votes @ accuracy.logit()) > 0).float()
        right = torch.where(votes > 0, positive[:, None], 1 - positive[:, None])
        accuracy = ((right * cast).sum(0) + 1) / (cast.sum(0) + 2)
    return accuracy, (votes @ accuracy.logit()).sigmoid()

# %% wrong one_round
# You go round once. The accuracies of the first round come from a vote that believed all rules alike; with them the
# probabilities change, and so do the accuracies. Go round `rounds` times.
import torch

def label_model(votes, rounds, start=0.7):
    accuracy, votes, cast = torch.full(votes.shape[1:], start), votes.float(), votes != 0
    positive = (votes @ accuracy.logit()).sigmoid()
    right = torch.where(votes > 0, positive[:, None], 1 - positive[:, None])
    accuracy = ((right * cast).sum(0) + 1) / (cast.sum(0) + 2)
    return accuracy, (votes @ accuracy.logit()).sigmoid()

# %% wrong old_probabilities
# Your probabilities are those from before the last accuracies were found. Compute them once more at the end.
import torch

def label_model(votes, rounds, start=0.7):
    accuracy, votes, cast = torch.full(votes.shape[1:], start), votes.float(), votes != 0
    for _ in range(rounds):
        positive = (votes @ accuracy.logit()).sigmoid()
        right = torch.where(votes > 0, positive[:, None], 1 - positive[:, None])
        accuracy = ((right * cast).sum(0) + 1) / (cast.sum(0) + 2)
    return accuracy, positive

# %% wrong never_uncertain
# You divide the plain sum by the number of votes. A rule that votes once then seems to be always right, its weight goes
# towards infinity, and it decides alone. Add 1 to the sum and 2 to the number.
import torch

def label_model(votes, rounds, start=0.7):
    accuracy, votes, cast = torch.full(votes.shape[1:], start), votes.float(), votes != 0
    for _ in range(rounds):
        positive = (votes @ accuracy.logit()).sigmoid()
        right = torch.where(votes > 0, positive[:, None], 1 - positive[:, None])
        accuracy = (right * cast).sum(0) / cast.sum(0)
    return accuracy, (votes @ accuracy.logit()).sigmoid()

# %% wrong always_for_positive
# You count p as the chance that a vote is right, whatever the vote says. For a vote of -1 it is 1 - p.
import torch

def label_model(votes, rounds, start=0.7):
    accuracy, votes, cast = torch.full(votes.shape[1:], start), votes.float(), votes != 0
    for _ in range(rounds):
        positive = (votes @ accuracy.logit()).sigmoid()
        accuracy = ((positive[:, None] * cast).sum(0) + 1) / (cast.sum(0) + 2)
    return accuracy, (votes @ accuracy.logit()).sigmoid()

# %% wrong start_ignored
# You start with 0.7, whatever `start` says. After a few rounds the start still shows: use the argument.
import torch

def label_model(votes, rounds, start=0.7):
    accuracy, votes, cast = torch.full(votes.shape[1:], 0.7), votes.float(), votes != 0
    for _ in range(rounds):
        positive = (votes @ accuracy.logit()).sigmoid()
        right = torch.where(votes > 0, positive[:, None], 1 - positive[:, None])
        accuracy = ((right * cast).sum(0) + 1) / (cast.sum(0) + 2)
    return accuracy, (votes @ accuracy.logit()).sigmoid()

# %% wrong a_round_too_many
# You go round once too often. `rounds` rounds, then the probabilities alone once more.
import torch

def label_model(votes, rounds, start=0.7):
    accuracy, votes, cast = torch.full(votes.shape[1:], start), votes.float(), votes != 0
    for _ in range(rounds + 1):
        positive = (votes @ accuracy.logit()).sigmoid()
        right = torch.where(votes > 0, positive[:, None], 1 - positive[:, None])
        accuracy = ((right * cast).sum(0) + 1) / (cast.sum(0) + 2)
    return accuracy, (votes @ accuracy.logit()).sigmoid()

# %% wrong odds_without_log
# You weigh each vote with a / (1 - a), without the logarithm. Probabilities multiply, so their logarithms are what adds
# up; and without it a rule that is right half of the time would still count.
import torch

def label_model(votes, rounds, start=0.7):
    accuracy, votes, cast = torch.full(votes.shape[1:], start), votes.float(), votes != 0
    for _ in range(rounds):
        positive = (votes @ (accuracy / (1 - accuracy))).sigmoid()
        right = torch.where(votes > 0, positive[:, None], 1 - positive[:, None])
        accuracy = ((right * cast).sum(0) + 1) / (cast.sum(0) + 2)
    return accuracy, (votes @ (accuracy / (1 - accuracy))).sigmoid()

# %% wrong labels_returned
# You return labels, 0 and 1. Asked for are the probabilities: how sure the model is says which rows to keep.
import torch

def label_model(votes, rounds, start=0.7):
    accuracy, votes, cast = torch.full(votes.shape[1:], start), votes.float(), votes != 0
    for _ in range(rounds):
        positive = (votes @ accuracy.logit()).sigmoid()
        right = torch.where(votes > 0, positive[:, None], 1 - positive[:, None])
        accuracy = ((right * cast).sum(0) + 1) / (cast.sum(0) + 2)
    return accuracy, ((votes @ accuracy.logit()) > 0).float()

# %% wrong pair_turned_round
# The two are the other way round: first the accuracies, one for each rule, then the probabilities, one for each row.
import torch

def label_model(votes, rounds, start=0.7):
    accuracy, votes, cast = torch.full(votes.shape[1:], start), votes.float(), votes != 0
    for _ in range(rounds):
        positive = (votes @ accuracy.logit()).sigmoid()
        right = torch.where(votes > 0, positive[:, None], 1 - positive[:, None])
        accuracy = ((right * cast).sum(0) + 1) / (cast.sum(0) + 2)
    return (votes @ accuracy.logit()).sigmoid(), accuracy

# %% wrong over_the_rows
# Your probabilities sum to 1 over the rows. Each row has a probability of its own: 1 / (1 + e^-s), the sigmoid.
import torch

def label_model(votes, rounds, start=0.7):
    accuracy, votes, cast = torch.full(votes.shape[1:], start), votes.float(), votes != 0
    for _ in range(rounds):
        positive = (votes @ accuracy.logit()).softmax(0)
        right = torch.where(votes > 0, positive[:, None], 1 - positive[:, None])
        accuracy = ((right * cast).sum(0) + 1) / (cast.sum(0) + 2)
    return accuracy, (votes @ accuracy.logit()).softmax(0)

# %% wrong nobody_voted
# A row without a vote has no probability with you (nan). Nothing speaks for either side: s is 0, and the sigmoid gives
# one half.
import torch

def label_model(votes, rounds, start=0.7):
    accuracy, votes, cast = torch.full(votes.shape[1:], start), votes.float(), votes != 0
    for _ in range(rounds):
        positive = (votes @ accuracy.logit()).sigmoid()
        right = torch.where(votes > 0, positive[:, None], 1 - positive[:, None])
        accuracy = ((right * cast).sum(0) + 1) / (cast.sum(0) + 2)
    return accuracy, torch.where(cast.any(1), (votes @ accuracy.logit()).sigmoid(), torch.nan)

# %% wrong rows_left_out
# You leave the rows out on which nobody votes, so the probabilities no longer stand beside their rows. Keep one for
# each row: without a vote it is one half.
import torch

def label_model(votes, rounds, start=0.7):
    votes = votes[(votes != 0).any(1)]
    accuracy, votes, cast = torch.full(votes.shape[1:], start), votes.float(), votes != 0
    for _ in range(rounds):
        positive = (votes @ accuracy.logit()).sigmoid()
        right = torch.where(votes > 0, positive[:, None], 1 - positive[:, None])
        accuracy = ((right * cast).sum(0) + 1) / (cast.sum(0) + 2)
    return accuracy, (votes @ accuracy.logit()).sigmoid()

# %% wrong silent_rule_keeps_start
# A rule that never votes keeps your `start`. Its sum and its votes are 0, so with the 1 and the 2 it comes to one half:
# nothing is known of it.
import torch

def label_model(votes, rounds, start=0.7):
    accuracy, votes, cast = torch.full(votes.shape[1:], start), votes.float(), votes != 0
    for _ in range(rounds):
        positive = (votes @ accuracy.logit()).sigmoid()
        right = torch.where(votes > 0, positive[:, None], 1 - positive[:, None])
        accuracy = torch.where(cast.any(0), ((right * cast).sum(0) + 1) / (cast.sum(0) + 2), start)
    return accuracy, (votes @ accuracy.logit()).sigmoid()

# %% wrong rule_after_rule
# You use a rule's new accuracy before the round is over: each rule then meets other probabilities. Compute the
# probabilities once in a round, and all accuracies from them.
import torch

def label_model(votes, rounds, start=0.7):
    accuracy, votes, cast = torch.full(votes.shape[1:], start), votes.float(), votes != 0
    for _ in range(rounds):
        for j in range(len(accuracy)):
            positive = (votes @ accuracy.logit()).sigmoid()
            right = torch.where(votes[:, j] > 0, positive, 1 - positive)
            accuracy[j] = ((right * cast[:, j]).sum() + 1) / (cast[:, j].sum() + 2)
    return accuracy, (votes @ accuracy.logit()).sigmoid()

# %% wrong never_below_half
# You raise every accuracy to one half at least. A rule that is mostly wrong says a lot, too, the other way round: its
# weight is negative.
import torch

def label_model(votes, rounds, start=0.7):
    accuracy, votes, cast = torch.full(votes.shape[1:], start), votes.float(), votes != 0
    for _ in range(rounds):
        positive = (votes @ accuracy.logit()).sigmoid()
        right = torch.where(votes > 0, positive[:, None], 1 - positive[:, None])
        accuracy = (((right * cast).sum(0) + 1) / (cast.sum(0) + 2)).clamp(min=0.5)
    return accuracy, (votes @ accuracy.logit()).sigmoid()

# %% wrong another_default
# `start` has another default in your first line. Where it is left out, it is 0.7.
import torch

def label_model(votes, rounds, start=0.5):
    accuracy, votes, cast = torch.full(votes.shape[1:], start), votes.float(), votes != 0
    for _ in range(rounds):
        positive = (votes @ accuracy.logit()).sigmoid()
        right = torch.where(votes > 0, positive[:, None], 1 - positive[:, None])
        accuracy = ((right * cast).sum(0) + 1) / (cast.sum(0) + 2)
    return accuracy, (votes @ accuracy.logit()).sigmoid()

# %% equal abstentions_are_taken_out
# What stands at an abstention is multiplied by `cast`, which is 0 there: whether 0 counts as a vote for 1 is not seen.
MUTANTS = [
    "right = torch.where(votes > 0, positive[:, None], 1 - positive[:, None]) -> "
    f"right = torch.where(votes {other}, positive[:, None], 1 - positive[:, None])" for other in (">= 0", "> -1")
]

# %% equal number_of_the_round
# The rounds are only counted: in which order their numbers come makes no difference.
MUTANTS = [f"for _ in range(rounds): -> for _ in {how}(range(rounds)):" for how in ("turned", "twice", "mixed")]
