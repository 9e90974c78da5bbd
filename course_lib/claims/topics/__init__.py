"""The claims by their subject: a file is what is measured for them, and what follows."""
from course_lib.claims.topics import (
    base_model,
    choices,
    das,
    examples,
    fine_tuning,
    interchange,
    loreft,
    loreft_and_lora,
    loreft_edits,
    one_step,
    other_tasks,
    probes,
    prompts,
    steering,
)

TOPICS = (
    base_model,
    choices,
    das,
    examples,
    fine_tuning,
    interchange,
    loreft,
    loreft_and_lora,
    loreft_edits,
    one_step,
    other_tasks,
    probes,
    prompts,
    steering,
)
