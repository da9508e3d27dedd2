#!/bin/bash
# Play a sweep as a SLURM job array: each task plays its share of the points into the same folder.
#
#   sbatch --array=1-16 examples/job-array.sh withdrawal-pace /scratch/me/withdrawal-pace
#
# The same command again goes on where tasks were stopped or failed; `pullback status DIR` says how far it is from anywhere,
# and `pullback verify DIR` whether every planned run is there once. Any other scheduler does: set SHARD_NUMBER and SHARDS.
#
# Memory   at most 500 MB for each of a task's workers and 350 MB for its driver (`pullback plan SWEEP` measures a worker), however
#          many runs there are. --mem below is for 4 workers.
# Time     `pullback plan SWEEP --workers N`, N being the workers of all tasks together. A task stopped by the time limit
#          (SIGTERM) loses the jobs under way, a few seconds of each worker.
# Locks    Shards keep out of each other's way by flock on files in the folder: NFS 4 and GPFS keep such locks, Lustre where it
#          is mounted with -o flock. Where the disk keeps none it says so; then give every task a folder of its own on a local
#          disk and copy the files of outcomes/ and series/ into one of the folders: parts of one sweep and one version of the
#          code fit together, whoever made them.
# Network  none is needed at run time. Install before: `make setup` on a node with network, in a folder all nodes see.
# Threads  one per process: leave OMP_NUM_THREADS=1.
#
#SBATCH --job-name=pullback
#SBATCH --cpus-per-task=4
#SBATCH --mem=3G
#SBATCH --time=04:00:00
#SBATCH --signal=TERM@60
set -euo pipefail

sweep=${1:?name a sweep and a results folder} folder=${2:?name a results folder}
number=${SHARD_NUMBER:-${SLURM_ARRAY_TASK_ID:?not in a job array: set SHARD_NUMBER and SHARDS}}
shards=${SHARDS:-${SLURM_ARRAY_TASK_COUNT:?set SHARDS, or start the array at 1}}
export OMP_NUM_THREADS=1

exec "${PULLBACK:-pullback}" sweep "$sweep" --out "$folder" --shard "$number/$shards" --workers "${SLURM_CPUS_PER_TASK:-1}"
