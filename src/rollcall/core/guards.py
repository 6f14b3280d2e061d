"""When a plan is too sudden to be carried out without a person's word."""

import msgspec

WIDE_SHARE = 0.20
WIDE_COUNT = 10
SMALL_SITE = range(4, 51)
ALL_OF = 3
BOOK_SIZE = 20


class Hold(msgspec.Struct, frozen=True):
    """Why a stage is held: `removals` of `active` people would be blocked or released."""

    removals: int
    active: int
    sentence: str


def removal_guard(*, active: int, removals: int) -> Hold | None:
    """Hold a plan that takes away the phones of suspiciously many people.

    `active` counts the people who work now, `removals` those whom the plan blocks or releases.
    """
    wide = removals > WIDE_COUNT and removals > WIDE_SHARE * active
    half = active in SMALL_SITE and removals > active / 2
    everybody = active >= ALL_OF and removals >= active
    if not (wide or half or everybody):
        return None
    share = f" ({removals / active:.0%})" if active else ""
    return Hold(
        removals=removals,
        active=active,
        sentence=(
            f"{removals} of {active} people{share} would be blocked or released. Nothing of this "
            "stage was changed. Look at the report, then approve or discard it."
        ),
    )


def book_shrank(*, known: int, lost: int) -> bool:
    """Tell whether an address book lost so much that a second reading must agree."""
    if known and lost >= known:
        return True
    return known >= BOOK_SIZE and lost > known / 2
