"""How the base models were made: packed text, the optimiser, a run that survives being killed, `course pretrain`."""
