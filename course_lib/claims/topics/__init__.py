"""The claims by their subject: a file is what is measured for them, and what follows."""
from course_lib.claims.topics import (
    base_model,
    choices,
    examples,
    fine_tuning,
    one_step,
    other_tasks,
    prompts,
)

TOPICS = (
    base_model,
    choices,
    examples,
    fine_tuning,
    one_step,
    other_tasks,
    prompts,
)
