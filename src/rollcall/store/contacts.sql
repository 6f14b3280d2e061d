-- name: books
-- The address books of a scope that are a mailbox's; those made by hand are nobody else's.
SELECT id, mailbox, owner_id, status, status_since, checked_at, doubted_at, doubt
FROM phonebook_addressbook
WHERE tenant_id = %(tenant)s AND scope = %(scope)s AND mailbox <> ''

-- name: drop_books
-- These books go, with all their contacts.
DELETE FROM phonebook_addressbook
WHERE tenant_id = %(tenant)s AND scope = %(scope)s AND id = ANY(%(ids)s)

-- name: copy_books
COPY phonebook_addressbook (tenant_id, scope, mailbox, owner_id, status, shape) FROM STDIN

-- name: count_contacts
-- How many contacts some books have.
SELECT count(*) FROM phonebook_contact
WHERE tenant_id = %(tenant)s AND book_id = ANY(%(ids)s)

-- name: folder_places
-- Where the folders of some books were left.
SELECT f.book_id, f.folder_id, f.parent_id, f.path,
    CASE WHEN b.shape = %(shape)s THEN f.cursor ELSE '' END, f.contacts
FROM phonebook_bookfolder f
JOIN phonebook_addressbook b ON b.tenant_id = f.tenant_id AND b.id = f.book_id
WHERE f.tenant_id = %(tenant)s AND f.book_id = ANY(%(ids)s)
ORDER BY f.book_id, f.path, f.folder_id

-- name: known_contacts
-- What is remembered of the contacts of some books.
SELECT book_id, directory_contact_id, fingerprint, folder_id
FROM phonebook_contact
WHERE tenant_id = %(tenant)s AND book_id = ANY(%(ids)s)

-- name: book_holders
-- Whose contacts the books hold.
SELECT id, holder FROM phonebook_addressbook
WHERE tenant_id = %(tenant)s AND id = ANY(%(ids)s)
FOR KEY SHARE

-- name: new_contact_ids
-- Ids for contacts that are about to be made.
SELECT nextval((SELECT pg_get_serial_sequence('phonebook_contact', 'id')::regclass))
FROM generate_series(1, %(count)s)

-- name: copy_contacts
COPY phonebook_contact (
    id, tenant_id, book_id, holder, directory_contact_id, folder_id, fingerprint,
    display_name, first_name, last_name, company, job_title, department, emails, addresses
) FROM STDIN

-- name: copy_numbers
COPY phonebook_contactnumber (
    tenant_id, contact_id, position, holder, kind, number, e164, extension
) FROM STDIN

-- name: make_contact_stage
-- A place for contacts that have changed.
CREATE TEMPORARY TABLE staged_contact (
    book_id bigint, directory_contact_id text COLLATE "C", folder_id text, fingerprint bytea,
    display_name text, first_name text, last_name text, company text, job_title text,
    department text, emails jsonb, addresses jsonb
) ON COMMIT DROP

-- name: copy_contact_stage
COPY staged_contact FROM STDIN

-- name: change_contacts
-- Bring contacts into the staged state.
UPDATE phonebook_contact c SET
    folder_id = s.folder_id, fingerprint = s.fingerprint, display_name = s.display_name,
    first_name = s.first_name, last_name = s.last_name, company = s.company,
    job_title = s.job_title, department = s.department, emails = s.emails,
    addresses = s.addresses
FROM staged_contact s
WHERE c.tenant_id = %(tenant)s AND c.book_id = s.book_id
    AND c.directory_contact_id = s.directory_contact_id
RETURNING c.id, c.book_id, c.directory_contact_id

-- name: drop_numbers
-- The numbers of contacts that are written anew.
DELETE FROM phonebook_contactnumber
WHERE tenant_id = %(tenant)s AND contact_id = ANY(%(ids)s)

-- name: drop_contacts
-- Contacts that are gone.
DELETE FROM phonebook_contact c
USING unnest(%(books)s::bigint[], %(contacts)s::text[]) AS gone (book_id, contact_id)
WHERE c.tenant_id = %(tenant)s AND c.book_id = gone.book_id
    AND c.directory_contact_id = gone.contact_id COLLATE "C"

-- name: keep_folders
-- Remember where folders were left, as far as that is news.
INSERT INTO phonebook_bookfolder (tenant_id, book_id, folder_id, parent_id, path, cursor, contacts)
SELECT %(tenant)s, * FROM unnest(
    %(books)s::bigint[], %(folders)s::text[], %(parents)s::text[], %(paths)s::text[],
    %(cursors)s::text[], %(sizes)s::int[]
)
ON CONFLICT (tenant_id, book_id, folder_id) DO UPDATE SET
    parent_id = excluded.parent_id, path = excluded.path, cursor = excluded.cursor,
    contacts = excluded.contacts
WHERE (phonebook_bookfolder.parent_id, phonebook_bookfolder.path, phonebook_bookfolder.cursor,
        phonebook_bookfolder.contacts)
    IS DISTINCT FROM (excluded.parent_id, excluded.path, excluded.cursor, excluded.contacts)

-- name: drop_folders
-- Folders that are gone from the books that were read.
DELETE FROM phonebook_bookfolder f
WHERE f.tenant_id = %(tenant)s AND f.book_id = ANY(%(ids)s)
    AND NOT EXISTS (
        SELECT FROM unnest(%(books)s::bigint[], %(folders)s::text[]) AS kept (book_id, folder_id)
        WHERE kept.book_id = f.book_id AND kept.folder_id COLLATE "C" = f.folder_id
    )

-- name: mark_read
-- These books were read, if that is news.
UPDATE phonebook_addressbook SET status = 'read', status_since = %(now)s, checked_at = %(now)s,
    shape = %(shape)s, doubted_at = NULL, doubt = NULL
WHERE tenant_id = %(tenant)s AND id = ANY(%(ids)s)
    AND (status <> 'read' OR shape <> %(shape)s OR doubted_at IS NOT NULL)

-- name: mark_read_anew
-- These books were read from the start, in a run that may have to be gone on with.
UPDATE phonebook_addressbook SET checked_at = %(now)s
WHERE tenant_id = %(tenant)s AND id = ANY(%(ids)s) AND checked_at < %(began_at)s

-- name: mark_failed
-- This book could not be read; a missing mailbox is noted once, and once more in a while.
UPDATE phonebook_addressbook SET
    status_since = CASE WHEN status = %(status)s THEN status_since ELSE %(now)s END,
    status = %(status)s,
    checked_at = %(now)s
WHERE tenant_id = %(tenant)s AND id = %(book)s
    AND (status <> %(status)s OR checked_at <= %(before)s)

-- name: doubt_book
-- This book lost suspiciously much, if that is news.
UPDATE phonebook_addressbook SET doubted_at = %(since)s, doubt = %(digest)s
WHERE tenant_id = %(tenant)s AND id = %(book)s
    AND (doubted_at, doubt) IS DISTINCT FROM (%(since)s, %(digest)s::bytea)

-- name: purposes
-- What the mailboxes of objects with a mail address are for, as far as the directory told.
SELECT object_id, purpose, coalesce(purpose_fingerprint = fingerprint, false) OR removed <> '',
    purpose_missing_since, purpose_missing_at
FROM integrations_directoryrecord
WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s
    AND removed <> 'gone' AND email_key <> ''

-- name: purposes_refused
-- When the directory last refused to say what mailboxes are for.
SELECT purposes_refused_at FROM integrations_integration
WHERE tenant_id = %(tenant)s AND id = %(integration)s

-- name: keep_purpose
-- Remember what a mailbox is for; one that does not tell keeps what it said before.
UPDATE integrations_directoryrecord SET
    purpose = coalesce(%(purpose)s::text, purpose),
    purpose_fingerprint = fingerprint,
    purpose_missing_since = CASE WHEN %(purpose)s::text IS NULL
        THEN coalesce(purpose_missing_since, %(now)s::timestamptz) END,
    purpose_missing_at = CASE WHEN %(purpose)s::text IS NULL THEN %(now)s::timestamptz END
WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s AND object_id = %(object_id)s

-- name: note_refused
-- Remember when the directory refused to say what mailboxes are for.
UPDATE integrations_integration SET purposes_refused_at = %(at)s
WHERE tenant_id = %(tenant)s AND id = %(integration)s
    AND purposes_refused_at IS DISTINCT FROM %(at)s
