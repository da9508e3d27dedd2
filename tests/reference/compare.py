"""Compare the reference with the fast core: every array of the state, every rule, each evening."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from sim.model import TheatreModel
from tests.reference.day import Reference

RELATIVE, ABSOLUTE = 1e-5, 1e-5


def differences(model: TheatreModel, column: int, reference: Reference) -> list[str]:
    """Return, in words, each array and each rule in which run `column` of the block is not what the reference says."""
    found = [rule for decision in reference.fired if (rule := _other_rule(model, column, reference, decision))]
    for item in fields(model.state):
        core, plain = getattr(model.state, item.name), getattr(reference.run, item.name)
        core = core[..., column] if isinstance(core, np.ndarray) else core
        if not _equal(np.asarray(core), np.asarray(plain)):
            found.append(f"{item.name}: core {_shown(core, plain)}, reference {_shown(plain, core)}")
    return found


def _other_rule(model: TheatreModel, column: int, reference: Reference, decision: str) -> str:
    core = model.history.rule_names[decision][model.history.fired[decision][model.day, column]]
    plain = reference.fired[decision]
    return "" if core == plain else f"{decision}: core {core}, reference {plain}"


def _equal(core: np.ndarray, plain: np.ndarray) -> bool:
    assert core.dtype == plain.dtype and core.shape == plain.shape
    if (core == plain).all():
        return True
    return core.dtype == np.float32 and bool(np.allclose(core, plain, rtol=RELATIVE, atol=ABSOLUTE))


def _shown(mine: object, other: object) -> str:
    a, b = np.atleast_1d(mine), np.atleast_1d(other)
    differ = np.argwhere(~np.isclose(a.astype(float), b.astype(float), rtol=RELATIVE, atol=ABSOLUTE))
    return ", ".join(f"{a[tuple(at)]} at {at.tolist()}" for at in differ[:3])
