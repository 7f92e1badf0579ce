"""Whether a visitor may look at the database, asked of Datasette in the words of its version."""

from typing import Any


async def may_look(datasette: Any, request: Any, database: str) -> None:
    """Raises Datasette's Forbidden when the visitor may not: our pages keep the rules its own pages keep."""
    if hasattr(datasette, "ensure_permissions"):
        await datasette.ensure_permissions(request.actor, [("view-database", database), "view-instance"])
        return
    from datasette.resources import DatabaseResource

    await datasette.ensure_permission(
        action="view-database", resource=DatabaseResource(database=database), actor=request.actor
    )
