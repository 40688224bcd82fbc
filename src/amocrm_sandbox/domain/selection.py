"""From the query parameters of a list to SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..engine.php_query import as_int, as_list, as_range, as_tuples
from .context import Context

__all__ = ["Selection"]


class Selection:
    """The conditions and the order of one list.

    Args:
        table: The table to read.

    Example:
        >>> selection = Selection("leads")
        >>> selection.among("id", ["1", "2"])
        >>> selection.sql("id")
        'SELECT id FROM leads WHERE id IN (?,?) ORDER BY id'
    """

    def __init__(self, table: str) -> None:
        self.table = table
        self.conditions: list[str] = []
        self.args: list[Any] = []
        self.order = "id"

    def where(self, condition: str, *args: Any) -> None:
        """Add a condition."""
        self.conditions.append(condition)
        self.args.extend(args)

    def among(self, column: str, values: Sequence[Any]) -> None:
        """Keep rows whose column is one of the values; no values keep everything."""
        if values:
            self.where(f"{column} IN ({','.join('?' * len(values))})", *values)

    def ids(self, column: str, node: Any) -> None:
        """Keep rows by one whole number or several."""
        numbers = [as_int(value, -1) for value in as_list(node)]
        self.among(column, numbers)

    def between(self, column: str, node: Any) -> None:
        """Keep rows in a range, both ends included."""
        low, high = as_range(node)
        if low is not None:
            self.where(f"{column}>=?", low)
        if high is not None:
            self.where(f"{column}<=?", high)

    def stages(self, node: Any, condition: str = "{}") -> None:
        """Keep rows in one of several stages, each a `pipeline_id` and a `status_id`; pairs that lack one are ignored.

        Args:
            node: The parameter.
            condition: What is asked of the rows, with braces where the condition on the stages goes.
        """
        pairs = as_tuples(node, "pipeline_id", "status_id")
        if pairs:
            places = " OR ".join(["(pipeline_id=? AND status_id=?)"] * len(pairs))
            self.where(condition.format(f"({places})"), *(number for pair in pairs for number in pair))

    def order_by(self, ctx: Context, allowed: Iterable[str]) -> None:
        """Take the first known `order[...]`; ties go by id. An order that the list does not know is ignored."""
        order = ctx.query.get("order")
        for name, direction in order.items() if isinstance(order, dict) else ():
            if name in allowed:
                way = "DESC" if str(direction).lower() == "desc" else "ASC"
                self.order = f"{name} {way}" + ("" if name == "id" else f", id {way}")
                return

    def sql(self, columns: str) -> str:
        """Return the statement without page and limit."""
        where = " WHERE " + " AND ".join(self.conditions) if self.conditions else ""
        return f"SELECT {columns} FROM {self.table}{where} ORDER BY {self.order}"

    def page(self, ctx: Context, columns: str) -> tuple[list[tuple[Any, ...]], bool]:
        """Return the rows of the requested page and whether another page follows."""
        limit = ctx.limit
        rows = ctx.store.rows(
            self.sql(columns) + " LIMIT ? OFFSET ?", (*self.args, limit + 1, (ctx.page - 1) * limit)
        )
        return rows[:limit], len(rows) > limit
