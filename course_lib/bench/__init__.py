"""`course bench`: what the shipped models can do, and what the course costs in time."""
