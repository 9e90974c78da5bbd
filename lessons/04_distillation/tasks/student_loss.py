# %% [markdown] statement
# ## Task 04.3 · Soft targets and labels together
#
# Where there are labels, they are used, too. Write the whole loss of a student, and the gradient that trains
# it:
#
# $$\text{soft} \cdot T^2 \, \mathrm{KL}(p \,\|\, q) + (1 - \text{soft}) \cdot \text{cross entropy of the labels}$$
#
# - `student` and `teacher`: logits, shape `(R, N)`; `labels`: shape `(R,)`, the number of the right answer;
# - `soft`: the share of the soft targets, from 0 to 1. The cross entropy is taken at temperature 1, for the
#   student will be used at temperature 1.
#
# Return two tensors: the loss, shape `()`, and its gradient for the student's logits, shape `(R, N)`. The
# teacher is not trained, and the logits that you were given stay as they are: they do not come to require a
# gradient, so work with a copy. `torch.nn.functional.cross_entropy` and `torch.autograd.grad` help.

# %% stub
import torch


def student_loss(student: torch.Tensor, teacher: torch.Tensor, labels: torch.Tensor, T: float,
                 soft: float) -> tuple[torch.Tensor, torch.Tensor]:
    """(the loss (), its gradient (R, N) for the student's logits)."""
    raise NotImplementedError

# %% reference
import torch


def student_loss(student: torch.Tensor, teacher: torch.Tensor, labels: torch.Tensor, T: float,
                 soft: float) -> tuple[torch.Tensor, torch.Tensor]:
    """(the loss (), its gradient (R, N) for the student's logits)."""
    student = student.detach().clone().requires_grad_()
    log_p = (teacher / T).log_softmax(dim=-1)                                # (R, N)
    log_q = (student / T).log_softmax(dim=-1)                                # (R, N)
    targets = T**2 * (log_p.exp() * (log_p - log_q)).sum(dim=-1).mean()      # (R, N) -> ()
    hard = torch.nn.functional.cross_entropy(student, labels)                # (R, N), (R,) -> ()
    loss = soft * targets + (1 - soft) * hard
    return loss.detach(), torch.autograd.grad(loss, student)[0]              # (), (R, N)

# %% checks
import random

import torch

TASK = "04.3"
TOLERANCE = 1e-4
DRAWS = 5
GRADIENTS = ()  # the gradient is what it returns


def draw(seed: int) -> dict:
    """One review to four, three answers to five, a temperature that is not 1; the share is also 0 and 1 by turns."""
    rng = random.Random(seed)
    R, N = (3, 4, 2, 1, 3)[seed % 5], (4, 3, 5, 4, 3)[seed % 5]
    logits = lambda: torch.tensor([[round(rng.uniform(-2, 2), 2) for _ in range(N)] for _ in range(R)])
    return {"student": logits(), "teacher": logits(), "labels": torch.tensor([rng.randrange(N) for _ in range(R)]),
            "T": (2.0, 3, 0.6, 1.5, 2.5)[seed % 5], "soft": (0.7, 0.2, 0.9, 0, 1)[seed % 5]}

# %% wrong shares_swapped
# Your two shares are swapped: `soft` belongs to the teacher's part, and 1 - soft to the labels.
import torch

def student_loss(student, teacher, labels, T, soft):
    student = student.clone().requires_grad_()
    log_p, log_q = (teacher / T).log_softmax(-1), (student / T).log_softmax(-1)
    targets = T**2 * (log_p.exp() * (log_p - log_q)).sum(-1).mean()
    loss = (1 - soft) * targets + soft * torch.nn.functional.cross_entropy(student, labels)
    return loss.detach(), torch.autograd.grad(loss, student)[0]

# %% wrong labels_not_weighted
# The labels' part is there in full: it is to be multiplied by 1 - soft.
import torch

def student_loss(student, teacher, labels, T, soft):
    student = student.clone().requires_grad_()
    log_p, log_q = (teacher / T).log_softmax(-1), (student / T).log_softmax(-1)
    targets = T**2 * (log_p.exp() * (log_p - log_q)).sum(-1).mean()
    loss = soft * targets + torch.nn.functional.cross_entropy(student, labels)
    return loss.detach(), torch.autograd.grad(loss, student)[0]

# %% wrong labels_softened
# You take the cross entropy of the labels at the temperature T as well. The labels are about the student as it will
# be used, at temperature 1: give cross_entropy the logits as they are.
import torch

def student_loss(student, teacher, labels, T, soft):
    student = student.clone().requires_grad_()
    log_p, log_q = (teacher / T).log_softmax(-1), (student / T).log_softmax(-1)
    targets = T**2 * (log_p.exp() * (log_p - log_q)).sum(-1).mean()
    loss = soft * targets + (1 - soft) * torch.nn.functional.cross_entropy(student / T, labels)
    return loss.detach(), torch.autograd.grad(loss, student)[0]

# %% wrong t_squared_on_both
# You multiply the whole sum by T². It belongs to the soft targets alone, whose gradient shrinks with the
# temperature; the gradient of the labels does not.
import torch

def student_loss(student, teacher, labels, T, soft):
    student = student.clone().requires_grad_()
    log_p, log_q = (teacher / T).log_softmax(-1), (student / T).log_softmax(-1)
    targets = (log_p.exp() * (log_p - log_q)).sum(-1).mean()
    loss = T**2 * (soft * targets + (1 - soft) * torch.nn.functional.cross_entropy(student, labels))
    return loss.detach(), torch.autograd.grad(loss, student)[0]

# %% wrong no_t_squared
# T² is missing before the divergence, so at this temperature the labels weigh more than you said.
import torch

def student_loss(student, teacher, labels, T, soft):
    student = student.clone().requires_grad_()
    log_p, log_q = (teacher / T).log_softmax(-1), (student / T).log_softmax(-1)
    targets = (log_p.exp() * (log_p - log_q)).sum(-1).mean()
    loss = soft * targets + (1 - soft) * torch.nn.functional.cross_entropy(student, labels)
    return loss.detach(), torch.autograd.grad(loss, student)[0]

# %% wrong teachers_labels
# You take the teacher's best answers in place of the labels. Then nothing of the labels is left in the loss.
import torch

def student_loss(student, teacher, labels, T, soft):
    student = student.clone().requires_grad_()
    log_p, log_q = (teacher / T).log_softmax(-1), (student / T).log_softmax(-1)
    targets = T**2 * (log_p.exp() * (log_p - log_q)).sum(-1).mean()
    loss = soft * targets + (1 - soft) * torch.nn.functional.cross_entropy(student, teacher.argmax(-1))
    return loss.detach(), torch.autograd.grad(loss, student)[0]

# %% wrong uphill
# Your gradient has the wrong sign: it is minus the gradient, the direction of the step. Return the gradient itself;
# whoever takes the step goes against it.
import torch

def student_loss(student, teacher, labels, T, soft):
    student = student.clone().requires_grad_()
    log_p, log_q = (teacher / T).log_softmax(-1), (student / T).log_softmax(-1)
    targets = T**2 * (log_p.exp() * (log_p - log_q)).sum(-1).mean()
    loss = soft * targets + (1 - soft) * torch.nn.functional.cross_entropy(student, labels)
    return loss.detach(), -torch.autograd.grad(loss, student)[0]

# %% wrong gradient_for_the_teacher
# This is the gradient for the teacher's logits. The teacher is not trained: take it for the student's.
import torch

def student_loss(student, teacher, labels, T, soft):
    teacher = teacher.clone().requires_grad_()
    log_p, log_q = (teacher / T).log_softmax(-1), (student / T).log_softmax(-1)
    targets = T**2 * (log_p.exp() * (log_p - log_q)).sum(-1).mean()
    loss = soft * targets + (1 - soft) * torch.nn.functional.cross_entropy(student, labels)
    return loss.detach(), torch.autograd.grad(loss, teacher)[0]

# %% wrong no_shares
# You add the two parts as they are. Each has its share: `soft` for the soft targets, 1 - soft for the labels.
import torch

def student_loss(student, teacher, labels, T, soft):
    student = student.clone().requires_grad_()
    log_p, log_q = (teacher / T).log_softmax(-1), (student / T).log_softmax(-1)
    targets = T**2 * (log_p.exp() * (log_p - log_q)).sum(-1).mean()
    loss = targets + torch.nn.functional.cross_entropy(student, labels)
    return loss.detach(), torch.autograd.grad(loss, student)[0]

# %% wrong wrong_way_round
# Your divergence is the other way round: it weighs with the student's probabilities. Weigh with the teacher's, p.
import torch

def student_loss(student, teacher, labels, T, soft):
    student = student.clone().requires_grad_()
    log_p, log_q = (teacher / T).log_softmax(-1), (student / T).log_softmax(-1)
    targets = T**2 * (log_q.exp() * (log_q - log_p)).sum(-1).mean()
    loss = soft * targets + (1 - soft) * torch.nn.functional.cross_entropy(student, labels)
    return loss.detach(), torch.autograd.grad(loss, student)[0]

# %% wrong teacher_alone_softened
# You divide the teacher's logits by T, and not the student's. For the soft targets both are asked at the same
# temperature; the labels alone see the student at temperature 1.
import torch

def student_loss(student, teacher, labels, T, soft):
    student = student.clone().requires_grad_()
    log_p, log_q = (teacher / T).log_softmax(-1), student.log_softmax(-1)
    targets = T**2 * (log_p.exp() * (log_p - log_q)).sum(-1).mean()
    loss = soft * targets + (1 - soft) * torch.nn.functional.cross_entropy(student, labels)
    return loss.detach(), torch.autograd.grad(loss, student)[0]

# %% wrong loss_alone
# You return the loss, and not its gradient. Return both: (loss, gradient).
import torch

def student_loss(student, teacher, labels, T, soft):
    student = student.clone().requires_grad_()
    log_p, log_q = (teacher / T).log_softmax(-1), (student / T).log_softmax(-1)
    targets = T**2 * (log_p.exp() * (log_p - log_q)).sum(-1).mean()
    loss = soft * targets + (1 - soft) * torch.nn.functional.cross_entropy(student, labels)
    return loss.detach()

# %% wrong gradient_of_one_part
# Your gradient is that of the soft targets alone. Take it of the whole loss, labels included.
import torch

def student_loss(student, teacher, labels, T, soft):
    student = student.clone().requires_grad_()
    log_p, log_q = (teacher / T).log_softmax(-1), (student / T).log_softmax(-1)
    targets = T**2 * (log_p.exp() * (log_p - log_q)).sum(-1).mean()
    loss = soft * targets + (1 - soft) * torch.nn.functional.cross_entropy(student, labels)
    return loss.detach(), torch.autograd.grad(soft * targets, student)[0]

# %% wrong gradient_before_backward
# Your gradient is None: `student.grad` is filled by `loss.backward()`, and nobody called it. Or take
# torch.autograd.grad(loss, student)[0].
import torch

def student_loss(student, teacher, labels, T, soft):
    student = student.clone().requires_grad_()
    log_p, log_q = (teacher / T).log_softmax(-1), (student / T).log_softmax(-1)
    targets = T**2 * (log_p.exp() * (log_p - log_q)).sum(-1).mean()
    loss = soft * targets + (1 - soft) * torch.nn.functional.cross_entropy(student, labels)
    return loss.detach(), student.grad

# %% wrong given_logits_require_a_gradient
# You make the logits that you were given require a gradient. Whoever takes a step with them then gets an error, and
# gradients add up in them from call to call. Work with a copy: student.detach().clone().requires_grad_().
import torch

def student_loss(student, teacher, labels, T, soft):
    student.requires_grad_()
    log_p, log_q = (teacher / T).log_softmax(-1), (student / T).log_softmax(-1)
    targets = T**2 * (log_p.exp() * (log_p - log_q)).sum(-1).mean()
    loss = soft * targets + (1 - soft) * torch.nn.functional.cross_entropy(student, labels)
    return loss.detach(), torch.autograd.grad(loss, student)[0]

# %% equal last_axis
# A matrix has two axes: the last one is number 1.
MUTANTS = [f"{line} -> {line.replace('dim=-1', 'dim=1')}" for line in (
    "log_p = (teacher / T).log_softmax(dim=-1)", "log_q = (student / T).log_softmax(dim=-1)",
    "targets = T ** 2 * (log_p.exp() * (log_p - log_q)).sum(dim=-1).mean()")]

# %% equal one_gradient
# There is one gradient in the tuple: the first is the last.
MUTANTS = ["return (loss.detach(), torch.autograd.grad(loss, student)[0]) -> "
           "return (loss.detach(), torch.autograd.grad(loss, student)[-1])"]

# %% equal no_copy_of_the_numbers
# A detached tensor can require a gradient while the one that it came from does not, and nothing is written into it.
MUTANTS = ["student = student.detach().clone().requires_grad_() -> student = student.detach().requires_grad_()"]
