# %% [markdown] statement
# ## Task 01.2 · Score whole answers
#
# An answer such as `hesperidium` is several tokens long. Its probability is the product of the
# probabilities of its tokens, each given everything before it; in logarithms, a sum.
#
# For every choice you get two tensors:
#
# - `ids[i]`, shape `(T,)`: the tokens of the answer;
# - `logits[i]`, shape `(T + 1, V)`: row `t` is what the model says *before* it reads token `t` of the
#   answer. The last row is what it says after the whole answer, about whatever comes next.
#
# Return a tensor of shape `(C,)`, one number for each of the `C` choices: its probability among the
# choices, so that they sum to one. Answers of different lengths compete here; do not even them out.

# %% stub
import torch


def score_choices(logits: list[torch.Tensor], ids: list[torch.Tensor]) -> torch.Tensor:
    """The probability of each choice among the choices, shape (C,).

    logits: C tensors of shape (T + 1, V); row t is said before token t is read.
    ids: C tensors of shape (T,).
    """
    raise NotImplementedError

# %% reference
import torch


def score_choices(logits: list[torch.Tensor], ids: list[torch.Tensor]) -> torch.Tensor:
    """The probability of each choice among the choices, shape (C,).

    logits: C tensors of shape (T + 1, V); row t is said before token t is read.
    ids: C tensors of shape (T,).
    """
    sums = []
    for rows, tokens in zip(logits, ids):
        log_probabilities = rows[:-1].log_softmax(dim=-1)                       # (T, V)
        sums.append(log_probabilities[range(len(tokens)), tokens].sum())        # (T,) -> ()
    return torch.stack(sums).softmax(dim=0)                                     # (C,)

# %% checks
import random

import torch

TASK = "01.2"
TOLERANCE = 1e-5
GRADIENTS = ()    # the scores are read, not learnt from


def draw(seed: int) -> dict:
    """Two to four choices of one to four tokens, of different lengths, over a vocabulary of five to seven."""
    rng = random.Random(seed)
    lengths, V = rng.sample([1, 2, 3, 4], rng.choice([2, 3, 4])), 5 + seed % 3
    rows = [[[round(rng.uniform(-2, 2), 2) for _ in range(V)] for _ in range(T + 1)] for T in lengths]
    logits = [torch.tensor(one) for one in rows]    # each (T + 1, V)
    return {"logits": logits, "ids": [torch.tensor([rng.randrange(V) for _ in range(T)]) for T in lengths]}

# %% equal the-last-axis
# Where there are two axes, the last one is dim 1; where there is one, dim 0 is also the last.
MUTANTS = ["log_probabilities = rows[:-1].log_softmax(dim=-1) -> log_probabilities = rows[:-1].log_softmax(dim=1)",
           "return torch.stack(sums).softmax(dim=0) -> return torch.stack(sums).softmax(dim=-1)"]

# %% wrong list_of_numbers
# Your numbers are right, and they come in a list. The task asks for one tensor of shape (C,): torch.stack makes one
# of tensors, torch.tensor(...) one of numbers.
import torch

def score_choices(logits, ids):
    sums = [rows[:-1].log_softmax(-1)[range(len(tokens)), tokens].sum()
            for rows, tokens in zip(logits, ids)]
    return torch.stack(sums).softmax(0).tolist()

# %% wrong mean_instead_of_sum
# You take the mean of the log-probabilities over an answer's tokens. That answers another question (how
# likely is a token of it?) and favours long answers; the probability of the whole answer is a product, so a
# sum of logarithms.
import torch

def score_choices(logits, ids):
    sums = [rows[:-1].log_softmax(-1)[range(len(tokens)), tokens].mean() for rows, tokens in zip(logits, ids)]
    return torch.stack(sums).softmax(0)

# %% wrong not_normalised
# Each of your numbers is the right probability of its answer, among everything that the model could write.
# The task asks for it among the choices: divide by the sum over the choices.
import torch

def score_choices(logits, ids):
    sums = [rows[:-1].log_softmax(-1)[range(len(tokens)), tokens].sum() for rows, tokens in zip(logits, ids)]
    return torch.stack(sums).exp()

# %% wrong off_by_one
# You read the answer's tokens one row too late: logits[1:] is what the model says after each token. Row t
# is said before token t is read, so the answer belongs to the first T rows.
import torch

def score_choices(logits, ids):
    sums = [rows[1:].log_softmax(-1)[range(len(tokens)), tokens].sum() for rows, tokens in zip(logits, ids)]
    return torch.stack(sums).softmax(0)

# %% wrong softmax_over_positions
# Your log_softmax runs over the positions (dim 0), so it compares what the model said at different places.
# Each row is one distribution over the vocabulary: normalise over the last axis.
import torch

def score_choices(logits, ids):
    sums = [rows[:-1].log_softmax(0)[range(len(tokens)), tokens].sum() for rows, tokens in zip(logits, ids)]
    return torch.stack(sums).softmax(0)

# %% wrong raw_logits
# You add up raw logits. Logits are known only up to a constant for each row, so sums of them over rows mean
# nothing; turn each row into log-probabilities first.
import torch

def score_choices(logits, ids):
    sums = [rows[:-1][range(len(tokens)), tokens].sum() for rows, tokens in zip(logits, ids)]
    return torch.stack(sums).softmax(0)

# %% wrong first_token_only
# You score the first token of each answer only. Two answers can begin alike (" pome" also begins "
# pomegranate"), so the rest of the answer has to count too.
import torch

def score_choices(logits, ids):
    return torch.stack([rows[0].log_softmax(-1)[tokens[0]] for rows, tokens in zip(logits, ids)]).softmax(0)

# %% wrong sum_of_probabilities
# You add up the probabilities of an answer's tokens. Probabilities of things that must all happen multiply
# (their logarithms add up); added, a longer answer always looks better.
import torch

def score_choices(logits, ids):
    sums = [rows[:-1].softmax(-1)[range(len(tokens)), tokens].sum() for rows, tokens in zip(logits, ids)]
    return torch.stack(sums) / torch.stack(sums).sum()

# %% wrong log_probabilities
# You return logarithms. They are right, but the task asks for probabilities, which sum to one.
import torch

def score_choices(logits, ids):
    sums = [rows[:-1].log_softmax(-1)[range(len(tokens)), tokens].sum() for rows, tokens in zip(logits, ids)]
    return torch.stack(sums).log_softmax(0)
