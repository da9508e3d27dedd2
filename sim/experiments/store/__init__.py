"""The one way in which runs are kept: folders, parts, manifests, and what opens them."""
