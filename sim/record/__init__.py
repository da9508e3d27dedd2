"""What is kept of a block of runs and read off it: series, outcomes, events, the ledger of reasons, snapshots."""
