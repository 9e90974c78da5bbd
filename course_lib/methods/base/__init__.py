"""What the methods are built of: a method, copies of weights, virtual tokens, edits at places of a prompt."""
