"""The one way in which runs are kept: folders, parts, manifests, and what opens them.

Here belongs what a folder of results holds, who may write to it, and when it is no longer valid (digest.py). No number is
made here: what is written comes from play, and what is read is passed on as it is.

results/<name>-<hash>/
  manifest.json       what made the numbers: design, base, code, versions; written first, never changed
  sweep.toml          the sweep as it was given; an ensemble has none
  scenario.toml       the base, complete
  sets.parquet        of an ensemble over plausible sets: a row per set, a column per value
  table.csv           the rows of a design that is a table
  scenarios/          the scenarios of a lever, complete, each in a folder of its own
  design.parquet      a row per point: its number, its row in the design (-1: the unchanged base), a column per factor
  outcomes.json       outcomes of the user's own that it is asked for (definitions.py); none where there are none
  asked.json          runs of each point in the largest request so far, and the latest rule for their number
  series/PART         daily series: quantiles over the runs of each point, or every run
  control/PART        of an ensemble: who holds each cell (play/places.py)
  rules/PART          of an ensemble: which rules fired (play/places.py)
  states/PART         with run --save, the state of every run on the last evening
  outcomes/PART       a row per (point, run), a column per outcome; written last, its presence commits the part; it carries
                      the text of each outcome that is an expression, and is replaced as a whole where one is added
  failed.json         jobs that failed when it was last worked on; failed-K-of-N.json of a shard
A part that lies within a larger one is left over from compacting and counts for nothing.
"""
