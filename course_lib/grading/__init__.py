"""`course grade`: grades what students handed in. Their code runs in a sandbox of its own; the host only compares."""
