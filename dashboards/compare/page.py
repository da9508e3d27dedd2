"""The Compare page."""

from __future__ import annotations

import solara


@solara.component
def ComparePage() -> None:  # noqa: N802
    """Compare results folders."""
    solara.Text("Compare")
