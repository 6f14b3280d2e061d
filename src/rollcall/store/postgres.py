"""The store of one run, whole."""

from rollcall.store.contacts import ContactTables
from rollcall.store.holds import HeldPlans
from rollcall.store.photos import PhotoTables
from rollcall.store.session import Session
from rollcall.store.user_plans import UserWrites
from rollcall.store.users import UserReads


class PostgresStore(UserReads, UserWrites, PhotoTables, ContactTables, HeldPlans):
    """One tenant's part of the PBX in PostgreSQL, open for one run."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
