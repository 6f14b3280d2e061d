"""The company of the fault matrix: small, but with something of everything; and its one night."""

from tests.simulator.control import Directory, Simulator, op

SPEC = "people:20:6,name=rows,folders=3,photos=0.4,guests=0.1,disabled=0.1"
PAGE = 6
"""People on a page, so that a first reading has five of them and the night's three."""

_ORDINARY = "accountEnabled", "userType", "surname"


def found_company(simulator: Simulator) -> Directory:
    """Make the directory; whenever it is made, it is the same down to the ids."""
    simulator.set(users_page_size=PAGE, users_page_size_follows_prefer=False)
    return simulator.add_directory(SPEC)


def staff(directory: Directory) -> list[str]:
    """Return the object ids of ordinary people, in their order."""
    users = directory.users(select=_ORDINARY, show="properties")
    return [
        user.id
        for user in users
        if user.properties.get("accountEnabled")
        and user.properties.get("userType") == "Member"
        and user.properties.get("surname")
    ]


def shared_mailboxes(directory: Directory) -> list[str]:
    """Return the object ids of the shared mailboxes."""
    return [user.id for user in directory.users(show="mailbox") if user.mailbox == "shared"]


def let_night_pass(directory: Directory) -> None:
    """Change something of everything; nothing that a guard would hold."""
    people = staff(directory)
    shared = shared_mailboxes(directory)[0]
    first, second = people[0], people[1]
    numbers = {
        user: [contact.number for contact in directory.mailbox(user).contacts]
        for user in (first, second, shared)
    }
    directory.change(
        *(
            op("update_user", user=each, set={"jobTitle": f"Head of {place}"})
            for place, each in enumerate(people[2:12])
        ),
        op("update_user", user=people[3], set={"surname": "Newname", "displayName": "A Newname"}),
        op("disable", user=people[12]),
        op("delete_user", user=people[13]),
        op("add_user", set={"displayName": "Zoe Last", "givenName": "Zoe", "surname": "Last"}),
        op("add_user", set={"displayName": "Ann First", "givenName": "Ann", "surname": "First"}),
        op("set_photo", user=people[0], seed="night"),
        op("set_photo", user=people[4], seed="night too", size=96),
        op("remove_photo", user=_somebody_pictured(directory, people[5:])),
        op("add_contact", user=first, set={"displayName": "New Contact", "mobilePhone": "0171 1"}),
        op("update_contact", user=first, contact=numbers[first][0], set={"surname": "Renamed"}),
        op("delete_contact", user=first, contact=numbers[first][1]),
        op("add_folder", user=second, name="Fresh"),
        op("move_contact", user=second, contact=numbers[second][0], to="Contacts/Fresh"),
        op("rename_folder", user=shared, folder="Contacts/Customers", name="Clients"),
        op("add_contact", user=shared, folder="Contacts/Clients", set={"displayName": "Client"}),
        op("delete_contact", user=shared, contact=numbers[shared][0]),
    )


def _somebody_pictured(directory: Directory, people: list[str]) -> str:
    pictured = {user.id for user in directory.users(show="photo") if user.photo}
    return next(each for each in people if each in pictured)
