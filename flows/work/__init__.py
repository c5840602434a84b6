"""Workers: claim a job from the ledger, do it in a process of its own, publish, say so."""
