"""Storage of runs: folders, parts, manifests, and their readers.

This package defines the content of a results folder, its locks, and when it is no longer valid (digest.py). It computes no
results: play produces what is written, and readers return it unchanged.

results/<name>-<hash>/
  manifest.json       origin of the results: design, base, code, versions; written before any part, never changed
  sweep.toml          the sweep file as given; not for an ensemble
  scenario.toml       the base, complete
  sets.parquet        for an ensemble over plausible sets: a row per set, a column per value
  table.csv           the rows of a design given as a table
  scenarios/          the scenarios of a lever, complete, each in a folder of its own
  design.parquet      a row per point: its number, its row in the design (-1: the unchanged base), a column per factor
  outcomes.json       definitions of the user's outcomes (definitions.py); none if there are none
  asked.json          runs per point of the largest request so far, and the latest precision targets
  series/PART         daily series: quantiles over the runs of each point, or every run
  control/PART        for an ensemble: holder of each cell (play/places.py)
  rules/PART          for an ensemble: rules that fired (play/places.py)
  states/PART         with run --save, the state of every run on the last evening
  outcomes/PART       a row per (point, run), a column per outcome; written last, its presence commits the part; it carries
                      the text of each outcome that is an expression, and is replaced completely if one is added
  failed.json         jobs that failed in the latest run of the command; failed-K-of-N.json for a shard
A part contained in a larger one is left over from compacting and is ignored.
"""
