"""The claims by their subject: a file is what is measured for them, and what follows."""
TOPICS = ()
