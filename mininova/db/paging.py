# SPDX-License-Identifier: Apache-2.0
"""Sorted pages: rows after a marker row, whatever the sort keys, with NULLs in a fixed place."""
import sqlalchemy as sa


def page(query, table, sort, marker_row=None, limit=None, never_null=()):
    """Order a query and start it behind a row.

    :param sort: list of (column name, 'asc' or 'desc'); the last one must be unique
    :param marker_row: the last row of the previous page, or None
    :param limit: rows at most, None for all
    :param never_null: columns that are declared nullable and never are: sorting by them can then use an index
    """
    def may_be_null(column):
        return column.nullable and column.name not in never_null

    for name, direction in sort:
        column = table.c[name]
        null_rank = sa.case((column.is_(None), 1), else_=0)
        query = query.order_by(null_rank, column.asc() if direction == 'asc' else column.desc()) \
            if may_be_null(column) else query.order_by(column.asc() if direction == 'asc' else column.desc())
    if marker_row is not None:
        query = query.where(_behind(table, sort, marker_row))
    return query if limit is None else query.limit(limit)


def _behind(table, sort, marker_row):
    """Say 'later in this order than the marker': equal in the first n keys and past it in the next."""
    alternatives, equal = [], []
    for name, direction in sort:
        column, value = table.c[name], marker_row[name]
        alternatives.append(sa.and_(*equal, _past(column, value, direction)))
        equal.append(column.is_(None) if value is None else column == value)
    return sa.or_(*alternatives)


def _past(column, value, direction):
    if value is None:
        return sa.false()
    beyond = column > value if direction == 'asc' else column < value
    return sa.or_(beyond, column.is_(None)) if column.nullable else beyond
