"""The packages of the wheel: those found, and the folders that travel inside `sim`; their other files by MANIFEST.in."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["sim*", "dashboards*"]), "sim.data", "sim.docs", "sim.scenarios"],
    package_dir={"sim.docs": "docs", "sim.scenarios": "scenarios"},
)
