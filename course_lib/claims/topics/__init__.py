"""The claims by their subject: a file is what is measured for them, and what follows."""
from course_lib.claims.topics import (
    base_model,
    examples,
    prompts,
)

TOPICS = (
    base_model,
    examples,
    prompts,
)
