"""Which application permissions open which resource; any one of a set is enough."""

DIRECTORY_READ = frozenset(
    {"User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
)
USERS = DIRECTORY_READ | {"User.ReadBasic.All"}
BASIC_PROPERTIES = frozenset(
    {"id", "displayName", "givenName", "surname", "mail", "userPrincipalName"}
)
"""What User.ReadBasic.All shows of a user."""
PHOTOS = frozenset(
    {"ProfilePhoto.Read.All", "ProfilePhoto.ReadWrite.All", "User.Read.All", "User.ReadBasic.All"}
)
CONTACTS = frozenset({"Contacts.Read", "Contacts.ReadWrite"})
MAILBOX_SETTINGS = frozenset({"MailboxSettings.Read", "MailboxSettings.ReadWrite"})
TRANSLATE_IDS = frozenset({"User.Read.All", "User.ReadWrite.All"})
EXCHANGE_SETTINGS = DIRECTORY_READ
GROUPS = frozenset(
    {
        *("Group.Read.All", "Group.ReadBasic.All", "Group.ReadWrite.All", "GroupMember.Read.All"),
        *("Directory.Read.All", "Directory.ReadWrite.All"),
    }
)
GROUP_MEMBERS = GROUPS | {"GroupMember.ReadBasic.All", "GroupMember.ReadWrite.All"}
MEMBERSHIPS = frozenset(
    {
        *("User.Read.All", "Directory.Read.All", "Directory.ReadWrite.All", "Group.Read.All"),
        *("Group.ReadBasic.All", "GroupMember.Read.All", "GroupMember.ReadBasic.All"),
    }
)
ORGANIZATION = frozenset(
    {
        *("User.Read.All", "Organization.Read.All", "Organization.ReadWrite.All"),
        *("Directory.Read.All", "Directory.ReadWrite.All"),
    }
)
