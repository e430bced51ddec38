"""What a report draws for scripts, papers and slides; nothing is loaded before it is drawn."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from gendiag.diagnosis.diagnosis import Diagnosis
    from gendiag.records import Delivery


class Drawings:
    """Of one diagnosis: matplotlib Axes in and out, and tables as frames."""

    diagnosis: Diagnosis

    @cached_property
    def deliveries(self) -> pd.DataFrame:
        """One row per training step of the rehearsal.

        Columns: ``epoch``, ``step`` (from 0), ``batch`` (index of the yielded batch that arrived), ``rows``, ``dtypes``
        (dict of leaf path to dtype), ``changed`` (dict of leaf path to the number of values that differ from what was
        yielded).
        """
        import pandas as pd

        columns = ["epoch", "step", "batch", "rows", "dtypes", "changed"]
        return pd.DataFrame([_row(delivery) for delivery in self.diagnosis.rehearsal.deliveries], columns=columns)

    def timeline(self, ax: Axes | None = None, *, panel: str = "rows", leaf: str | None = None) -> Axes:
        """Draw one measure of every batch, with what became of it and what findings say of it.

        Parameters
        ----------
        ax
            Matplotlib Axes to draw on; new ones if None.
        panel
            ``rows``, ``dtypes``, ``values``, ``NaN / Inf``, ``shape``, ``loss``, ``wait`` (ms) or ``memory`` (MB).
        leaf
            Whose rows, values or shape; for rows those of the batch if None, else a leaf worth seeing.

        Raises
        ------
        BadArgumentError
            If there is no such panel or leaf, or nothing was measured for it.
        """
        from gendiag.views.picture import on_axes

        return on_axes.timeline(self.diagnosis, ax, panel, leaf)

    def values(self, leaf: str | None = None, ax: Axes | None = None) -> Axes:
        """Draw the range of a leaf's values in every batch, lowest to highest, and their mean; see ``timeline``."""
        return self.timeline(ax, panel="values", leaf=leaf)

    def fit_map(self, ax: Axes | None = None) -> Axes:
        """Draw a row per epoch and a cell per training step, coloured by the yielded batch that it was given.

        Parameters
        ----------
        ax
            Matplotlib Axes to draw on; new ones if None.
        """
        from gendiag.views.picture import on_axes

        return on_axes.fit_map(self.diagnosis, ax)

    def dtypes(self) -> pd.DataFrame:
        """One row per leaf and dtype, and what fit made of it.

        Columns: ``leaf``, ``dtype``, ``kind``, ``batches`` (in how many of those that have the leaf), ``first batch``,
        ``delivered as``, ``values changed`` (on the first delivery of each batch), ``shapes``.
        """
        from gendiag.views.dtype_table import table

        return table(self.diagnosis)


def _row(delivery: Delivery) -> tuple[object, ...]:
    dtypes = {leaf.path: leaf.dtype for leaf in delivery.leaves}
    rows = delivery.leaves[0].rows if delivery.leaves else None
    return delivery.epoch, delivery.step, delivery.batch, rows, dtypes, dict(delivery.changed)
