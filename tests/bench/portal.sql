-- name: tenants
-- Tenants firm1 … firmN: connected ones, a tenth of them never, some suspended.
INSERT INTO tenants_tenant (slug, name, sip_domain, time_zone, country, state, first_extension,
    last_extension, reserved_numbers, created_at)
SELECT 'firm' || n, 'Firm ' || n || ' Manufacturing', 'firm' || n || '.example', 'Europe/Berlin',
    'DE', CASE WHEN n %% 97 = 0 THEN 'suspended' ELSE 'active' END, 1000, 9999, '{110,112}',
    now() - interval '400 days'
FROM generate_series(1, %(tenants)s) AS n

-- name: integrations
-- Their integrations, some of them paused.
INSERT INTO integrations_integration (tenant_id, source, application_id, directory_id, cloud,
    certificate_days, sync_time, paused, users, people_mode, guests, photos, names, leavers, link,
    personal_contacts, personal_mode, company_contacts, mailbox_mode, subfolders, sign_in,
    sign_in_mode, fence, users_cursor, users_shape, created_at)
SELECT id, 'microsoft365', gen_random_uuid(), gen_random_uuid(), 'GLOBAL', 365, '00:00',
    id %% 83 = 0, true, 'all', false, true, 'skip', 'block', 'ask', true, 'all', true, 'all', true,
    false, 'all', %(runs)s, '', '', created_at
FROM tenants_tenant
WHERE id %% 10 <> 0

-- name: keys
-- A key pair in use and one that it replaced; some end soon, or have ended.
INSERT INTO integrations_keypair (tenant_id, integration_id, state, certificate, private_key, sha1,
    sha256, algorithm, not_before, not_after, created_at, activated_at)
SELECT tenant_id, id, state, '', '', md5(id || state), md5(id || state), 'PS256',
    now() - interval '300 days',
    now() + CASE WHEN id %% 61 = 0 THEN (id %% 40 - 5) ELSE 40 + id %% 320 END * interval '1 day',
    now() - interval '300 days', now() - interval '300 days'
FROM integrations_integration, (VALUES ('active'), ('retired')) AS states (state)

-- name: schedules
-- When they are synchronised next; some have not been for days.
INSERT INTO integrations_schedule (integration_id, tenant_id, time, zone, slot_at, next_at,
    attempts, people, seconds, succeeded_at)
SELECT id, tenant_id, sync_time, 'Europe/Berlin', now() + interval '8 hours',
    now() + interval '8 hours', 0, id %% 900, 3,
    now() - interval '16 hours' - CASE WHEN id %% 71 = 0 THEN interval '4 days'
        ELSE interval '0' END
FROM integrations_integration

-- name: runs
-- A run a night; the newest of some failed, or is held.
INSERT INTO integrations_syncrun (tenant_id, integration_id, trigger, asked_by, asked_at, state,
    dry_run, "full", stages, fence, started_at, finished_at, cancel_requested, progress, counts,
    problems, refused, hold, announced, requests, items, throttled_seconds, error, error_code)
SELECT i.tenant_id, i.id, 'schedule', 'rollcall', night, outcome.state, false, false,
    '{users,photos}', n, night, night + interval '3 seconds', false, '{}', '{}', '[]', '{}', '',
    true, 12, 40, i.id %% 7, NULL,
    CASE outcome.state WHEN 'failed' THEN 'permission-missing' ELSE '' END
FROM generate_series(1, %(runs)s) AS n
CROSS JOIN integrations_integration AS i
CROSS JOIN LATERAL (SELECT now() - (%(runs)s - n) * interval '1 day' - interval '16 hours' AS night)
    AS nights
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN n > %(runs)s - 3 AND i.id %% 53 = 0 THEN 'failed'
        WHEN n = %(runs)s AND i.id %% 67 = 0 THEN 'held'
        ELSE 'applied' END AS state
) AS outcome
ORDER BY n, i.id

-- name: checks
-- What the last check of each set-up found: some lack a permission.
INSERT INTO integrations_setupcheck (integration_id, tenant_id, started_at, finished_at, findings,
    organisation, domain, lacking)
SELECT id, tenant_id, now(), now(), '[]', '', 'firm' || tenant_id || '.example',
    CASE WHEN id %% 89 = 0 THEN ARRAY['Contacts.Read'] ELSE '{}' END
FROM integrations_integration

-- name: large_tenant
-- A tenant with very many people.
INSERT INTO tenants_tenant (slug, name, sip_domain, time_zone, country, state, first_extension,
    last_extension, reserved_numbers, created_at)
VALUES ('large', 'Large Company', 'large.example', 'Europe/Berlin', 'DE', 'active', 1000000,
    9999999, '{110,112}', now())

-- name: people
-- Its extensions: names drawn from two lists, so that many share a name.
INSERT INTO telephony_extension (tenant_id, number, state, source, directory_object_id,
    blocked_reason, version, principal_name, first_name, last_name, display_name, email,
    mobile_phone, business_phone, job_title, department, office, company)
SELECT t.id, 1000000 + n, CASE WHEN n %% 50 = 0 THEN 'blocked' ELSE 'active' END,
    CASE WHEN n %% 20 = 0 THEN 'local' ELSE 'microsoft365' END,
    CASE WHEN n %% 20 > 0 THEN gen_random_uuid()::text END, '', 1,
    'p' || n || '@large.example', firsts.name, lasts.name, firsts.name || ' ' || lasts.name,
    'p' || n || '@large.example', '', '', 'Clerk', 'Department ' || n %% 300, '', ''
FROM generate_series(1, %(people)s) AS n
CROSS JOIN (SELECT ARRAY['Anna', 'Bernd', 'Çağla', 'Dieter', 'Élodie', 'Fatma', 'Gül', 'Hans',
    'Ines', 'Jürgen', 'Karl', 'Łucja'] AS names) AS f
CROSS JOIN (SELECT ARRAY['Albrecht', 'Baumann', 'Müller', 'Nowak', 'Öztürk', 'Schmidt', 'Weiß',
    'Zimmermann', 'Dupont', 'García', 'Rossi'] AS names) AS l
CROSS JOIN LATERAL (SELECT f.names[1 + n %% 12] AS name) AS firsts
CROSS JOIN LATERAL (SELECT l.names[1 + n / 7 %% 11] || n %% 97 AS name) AS lasts
CROSS JOIN (SELECT id FROM tenants_tenant WHERE slug = 'large') AS t

-- name: books
-- An address book of the company, and one of the first extension.
INSERT INTO phonebook_addressbook (tenant_id, scope, mailbox, owner_id, status, shape)
SELECT e.tenant_id, kinds.scope, kinds.scope || '@large.example',
    CASE kinds.scope WHEN 'personal' THEN e.id END, 'read', ''
FROM (SELECT tenant_id, min(id) AS id FROM telephony_extension GROUP BY 1) AS e
CROSS JOIN (VALUES ('personal'), ('company')) AS kinds (scope)

-- name: contacts
-- Very many contacts in each of them.
INSERT INTO phonebook_contact (tenant_id, book_id, holder, directory_contact_id, folder_id,
    fingerprint, display_name, first_name, last_name, company, job_title, department, emails,
    addresses)
SELECT b.tenant_id, b.id, b.holder, n::text, '', '\x00', firsts.name || ' ' || lasts.name,
    firsts.name, lasts.name, 'Firm ' || n %% 5000 || ' Trading', 'Buyer', '',
    to_jsonb(ARRAY['c' || n || '@firm.example']), '[]'
FROM generate_series(1, %(contacts)s) AS n
CROSS JOIN phonebook_addressbook AS b
CROSS JOIN (SELECT ARRAY['Anna', 'Bernd', 'Çağla', 'Dieter', 'Élodie', 'Fatma', 'Gül', 'Hans',
    'Ines', 'Jürgen', 'Karl', 'Łucja'] AS names) AS f
CROSS JOIN (SELECT ARRAY['Albrecht', 'Baumann', 'Müller', 'Nowak', 'Öztürk', 'Schmidt', 'Weiß',
    'Zimmermann', 'Dupont', 'García', 'Rossi'] AS names) AS l
CROSS JOIN LATERAL (SELECT f.names[1 + n %% 12] AS name) AS firsts
CROSS JOIN LATERAL (SELECT l.names[1 + n / 7 %% 11] || n %% 97 AS name) AS lasts

-- name: phones
-- Two numbers of each contact.
INSERT INTO phonebook_contactnumber (tenant_id, contact_id, position, holder, kind, number, e164,
    extension)
SELECT c.tenant_id, c.id, position, c.holder, kind, '+' || dialled, dialled, ''
FROM phonebook_contact AS c
CROSS JOIN (VALUES (0, 'business', 493000000000), (1, 'mobile', 491700000000))
    AS kinds (position, kind, first)
CROSS JOIN LATERAL (SELECT first + c.directory_contact_id::bigint * 7 AS dialled) AS made
