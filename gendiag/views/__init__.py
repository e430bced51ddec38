"""Views: pure drawings of a diagnosis, and the two shells (``dashboard``, ``html``) that put them together.

``words``, ``markup``, ``columns``, ``bars``, ``leaves``, ``thumbnail``, ``selection`` and ``guard`` are the ground that
the others stand on. No other view knows a sibling, but for the shells.
"""
