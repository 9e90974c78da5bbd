# %% [markdown] statement
# ## Task 04.2 · The soft-target loss
#
# Write the loss with which a student learns from its teacher. Both are asked about `R` reviews and give a
# number for each of `N` answers: `student` and `teacher`, shape `(R, N)` each. With $p$ the teacher's
# distribution at the temperature $T$ and $q$ the student's at the same,
#
# $$\text{loss} = \frac{T^2}{R} \sum_{\text{reviews}} \; \sum_i p_i \, (\ln p_i - \ln q_i).$$
#
# Return one number, a tensor of shape `()`, from which a gradient goes back to the student. `log_softmax` gives
# logarithms without a detour.

# %% stub
import torch


def soft_target_loss(student: torch.Tensor, teacher: torch.Tensor, T: float) -> torch.Tensor:
    """T² KL(teacher ‖ student) at temperature T, the mean over the rows: (R, N), (R, N) -> ()."""
    raise NotImplementedError

# %% reference
import torch


def soft_target_loss(student: torch.Tensor, teacher: torch.Tensor, T: float) -> torch.Tensor:
    """T² KL(teacher ‖ student) at temperature T, the mean over the rows: (R, N), (R, N) -> ()."""
    log_p = (teacher / T).log_softmax(dim=-1)                # (R, N)
    log_q = (student / T).log_softmax(dim=-1)                # (R, N)
    kl = (log_p.exp() * (log_p - log_q)).sum(dim=-1)         # (R, N) -> (R,)
    return T**2 * kl.mean()                                  # (R,) -> ()

# %% checks
import random

import torch

TASK = "04.2"
TOLERANCE = 1e-4
DRAWS = 4
GRADIENTS = ("student",)  # the teacher is not trained: whether it is detached makes no difference


def draw(seed: int) -> dict:
    """One review to four, two answers to six, and a temperature at which T, T² and 1 differ."""
    rng = random.Random(seed)
    R, N = (3, 4, 1, 2)[seed % 4], (5, 3, 6, 4)[seed % 4]
    logits = lambda: torch.tensor([[round(rng.uniform(-3, 3), 2) for _ in range(N)] for _ in range(R)])
    return {"student": logits(), "teacher": logits(), "T": (2.0, 1.5, 0.7, 3)[seed % 4]}

# %% wrong no_t_squared
# The divergence is right, and the factor T² is missing. Without it the gradient shrinks as 1 / T², and beside a
# loss on labels the soft targets would hardly count.
def soft_target_loss(student, teacher, T):
    log_p, log_q = (teacher / T).log_softmax(-1), (student / T).log_softmax(-1)
    return (log_p.exp() * (log_p - log_q)).sum(-1).mean()

# %% wrong t_once
# You multiply by T. It takes T²: the gradient shrinks once because q is divided by T inside, and once more because
# p and q come nearer to each other.
def soft_target_loss(student, teacher, T):
    log_p, log_q = (teacher / T).log_softmax(-1), (student / T).log_softmax(-1)
    return T * (log_p.exp() * (log_p - log_q)).sum(-1).mean()

# %% wrong wrong_way_round
# Your divergence is the other way round: you weigh with the student's probabilities, and ask how far the teacher is
# from the student. Weigh with the teacher's: where the teacher says something, the student must say it, too. (In
# torch's kl_div the student's logarithms come first, which misleads many.)
def soft_target_loss(student, teacher, T):
    log_p, log_q = (teacher / T).log_softmax(-1), (student / T).log_softmax(-1)
    return T**2 * (log_q.exp() * (log_q - log_p)).sum(-1).mean()

# %% wrong teacher_alone_softened
# You divide the teacher's logits by T, and not the student's. Then a student that says exactly what the teacher
# says would still have a loss. The same temperature belongs on both sides.
def soft_target_loss(student, teacher, T):
    log_p, log_q = (teacher / T).log_softmax(-1), student.log_softmax(-1)
    return T**2 * (log_p.exp() * (log_p - log_q)).sum(-1).mean()

# %% wrong student_alone_softened
# You divide the student's logits by T, and not the teacher's: the student would have to become T times too sharp to
# agree. The same temperature belongs on both sides.
def soft_target_loss(student, teacher, T):
    log_p, log_q = teacher.log_softmax(-1), (student / T).log_softmax(-1)
    return T**2 * (log_p.exp() * (log_p - log_q)).sum(-1).mean()

# %% wrong no_temperature
# You use no temperature in the softmax at all. Divide both models' logits by T before it.
def soft_target_loss(student, teacher, T):
    log_p, log_q = teacher.log_softmax(-1), student.log_softmax(-1)
    return T**2 * (log_p.exp() * (log_p - log_q)).sum(-1).mean()

# %% wrong over_the_batch
# Your softmax goes over the reviews, dim=0, so that one review's probabilities depend on which others are in the
# batch. Go over the answers, dim=-1.
def soft_target_loss(student, teacher, T):
    log_p, log_q = (teacher / T).log_softmax(0), (student / T).log_softmax(0)
    return T**2 * (log_p.exp() * (log_p - log_q)).sum(-1).mean()

# %% wrong softmax_twice
# You take the logarithm of a softmax of a softmax: what you give to log_softmax are probabilities already. Give it
# the logits, divided by T.
def soft_target_loss(student, teacher, T):
    log_p, log_q = ((one / T).softmax(-1).log_softmax(-1) for one in (teacher, student))
    return T**2 * (log_p.exp() * (log_p - log_q)).sum(-1).mean()

# %% wrong mean_of_everything
# You take the mean over reviews and answers, so your loss is smaller by the number of answers. (kl_div does so with
# its default, reduction="mean", and torch warns of it.) Sum over the answers, then take the mean over the reviews.
def soft_target_loss(student, teacher, T):
    log_p, log_q = (teacher / T).log_softmax(-1), (student / T).log_softmax(-1)
    return T**2 * (log_p.exp() * (log_p - log_q)).mean()

# %% wrong summed_over_rows
# You sum over the reviews. Then the loss, and the step with it, grows with the size of the batch. Take the mean
# over them.
def soft_target_loss(student, teacher, T):
    log_p, log_q = (teacher / T).log_softmax(-1), (student / T).log_softmax(-1)
    return T**2 * (log_p.exp() * (log_p - log_q)).sum()

# %% wrong cross_entropy_alone
# You left out the teacher's own part, p ln p: this is the cross entropy. It has the same gradient, but a student
# that equals its teacher should have a loss of exactly 0, and here it has the teacher's entropy.
def soft_target_loss(student, teacher, T):
    p, log_q = (teacher / T).softmax(-1), (student / T).log_softmax(-1)
    return -(T**2) * (p * log_q).sum(-1).mean()

# %% wrong probabilities_for_kl_div
# You give kl_div the student's probabilities. Its first argument must be their logarithms: log_softmax. (Your loss is
# negative, which no divergence is.)
import torch

def soft_target_loss(student, teacher, T):
    log_p, log_q = (teacher / T).log_softmax(-1), (student / T).log_softmax(-1)
    return T**2 * torch.nn.functional.kl_div(log_q.exp(), log_p.exp(), reduction="batchmean")

# %% wrong logarithms_for_kl_div
# You give kl_div the teacher's logarithms, and it expects probabilities as its second argument, so it takes the
# logarithm of negative numbers: nan. Give it softmax, or say log_target=True.
import torch

def soft_target_loss(student, teacher, T):
    log_p, log_q = (teacher / T).log_softmax(-1), (student / T).log_softmax(-1)
    return T**2 * torch.nn.functional.kl_div(log_q, log_p, reduction="batchmean")

# %% wrong a_loss_for_each_row
# You return a loss for each review. A step of training needs one number: their mean.
import torch

def soft_target_loss(student, teacher, T):
    log_p, log_q = (teacher / T).log_softmax(-1), (student / T).log_softmax(-1)
    return T**2 * (log_p.exp() * (log_p - log_q)).sum(-1)

# %% wrong sign
# Your loss is negative: the difference of the logarithms is the other way round. ln p - ln q, the teacher's first.
import torch

def soft_target_loss(student, teacher, T):
    log_p, log_q = (teacher / T).log_softmax(-1), (student / T).log_softmax(-1)
    return T**2 * (log_p.exp() * (log_q - log_p)).sum(-1).mean()

# %% wrong divided_by_t_squared
# You divide by T². The gradient is too small by this factor already: multiply.
import torch

def soft_target_loss(student, teacher, T):
    log_p, log_q = (teacher / T).log_softmax(-1), (student / T).log_softmax(-1)
    return (log_p.exp() * (log_p - log_q)).sum(-1).mean() / T**2

# %% wrong squared_difference
# You compare the probabilities by their squared difference. The divergence weighs ln p - ln q by p, so that an answer
# which the student thinks impossible costs much.
import torch

def soft_target_loss(student, teacher, T):
    log_p, log_q = (teacher / T).log_softmax(-1), (student / T).log_softmax(-1)
    return T**2 * (log_p.exp() - log_q.exp()).square().sum(-1).mean()

# %% wrong student_detached
# Your loss is right, and no gradient goes back to the student, so no step could make it smaller. Do not detach the
# student, nor compute under no_grad, nor make a new tensor of numbers: only the teacher may be cut off.
def soft_target_loss(student, teacher, T):
    log_p, log_q = (teacher / T).log_softmax(-1), (student.detach() / T).log_softmax(-1)
    return T**2 * (log_p.exp() * (log_p - log_q)).sum(-1).mean()

# %% equal last_axis
# A matrix has two axes: the last one is number 1.
MUTANTS = [f"{line} -> {line.replace('dim=-1', 'dim=1')}" for line in (
    "log_p = (teacher / T).log_softmax(dim=-1)", "log_q = (student / T).log_softmax(dim=-1)",
    "kl = (log_p.exp() * (log_p - log_q)).sum(dim=-1)")]

# %% equal teacher_without_gradient
# The teacher is not trained: what comes of it may carry a gradient or none.
MUTANTS = [f"{line} -> {line.replace(old, f'detached({old})', 1)}" for line, old in (
    ("log_p = (teacher / T).log_softmax(dim=-1)", "(teacher / T).log_softmax(dim=-1)"),
    ("kl = (log_p.exp() * (log_p - log_q)).sum(dim=-1)", "log_p.exp()"))]
MUTANTS += ["log_p = (teacher / T).log_softmax(dim=-1) -> log_p = (detached(teacher) / T).log_softmax(dim=-1)",
            "kl = (log_p.exp() * (log_p - log_q)).sum(dim=-1) -> "
            "kl = (log_p.exp() * (detached(log_p) - log_q)).sum(dim=-1)"]
