"""Links in answers: opaque, absolute, and followed only on the cloud's own Graph host."""

from yarl import URL

from rollcall.core.errors import ContractError


def relative_path(link: str, root: str) -> str:
    """Return `link` relative to `root` (Graph's version 1.0), for the next batch.

    The rest of the link is not touched. Raises ContractError if it leads anywhere else.
    """
    if link.startswith(f"{root}/"):
        return link[len(root) :]
    parsed = _parse(link)
    base = URL(root)
    if parsed is None or parsed.origin() != base.origin():
        raise _foreign()
    if not parsed.raw_path.startswith(f"{base.raw_path}/"):
        raise _foreign()
    query = f"?{parsed.raw_query_string}" if parsed.raw_query_string else ""
    return parsed.raw_path[len(base.raw_path) :] + query


def _parse(link: str) -> URL | None:
    try:
        parsed = URL(link, encoded=True)
    except ValueError:
        return None
    return parsed if parsed.absolute and parsed.scheme else None


def _foreign() -> ContractError:
    return ContractError(
        "Microsoft's answer leads to another host; the link was not followed.",
        code="foreign-link",
    )
