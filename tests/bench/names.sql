-- name: last_names
-- Names as they are spread among people: few that many have, and many that few have.
CREATE TEMPORARY TABLE names_last AS
SELECT n, CASE WHEN n %% 4 = 0
    THEN (ARRAY['Müller', 'Schmidt', 'Weiß', 'Nowak', 'Öztürk', 'García', 'Rossi', 'Dupont'])
        [1 + n / 4 %% 8]
    ELSE initcap(parts.part[1 + n %% 26] || parts.part[1 + n / 26 %% 26]
        || parts.part[1 + n / 676 %% 26]) END AS name
FROM generate_series(0, 59999) AS n
CROSS JOIN (SELECT ARRAY['ba', 'ber', 'cho', 'dan', 'ek', 'fel', 'gri', 'ha', 'in', 'jo', 'ka',
    'lu', 'mül', 'no', 'os', 'pe', 'ri', 'schi', 'ta', 'u', 'vo', 'wei', 'zi', 'mann', 'lé', 'ska']
    AS part) AS parts

-- name: first_names
-- Sixteen that two of three people have, and others.
CREATE TEMPORARY TABLE names_first AS
SELECT n, CASE WHEN n %% 3 > 0
    THEN (ARRAY['Anna', 'Bernd', 'Çağla', 'Dieter', 'Élodie', 'Fatma', 'Gül', 'Hans', 'Ines',
        'Jürgen', 'Karl', 'Łucja', 'Maria', 'Noah', 'Olga', 'Paul'])[1 + n / 3 %% 16]
    ELSE initcap(left(md5(n::text), 5)) END AS name
FROM generate_series(0, 2999) AS n

-- name: tenants
-- One large tenant, and four others with the same numbers and names.
INSERT INTO tenants_tenant (slug, name, sip_domain, time_zone, country, state, first_extension,
    last_extension, reserved_numbers, created_at)
SELECT 'names' || n, 'Names ' || n, 'names' || n || '.example', 'Europe/Berlin', 'DE', 'active',
    100000, 9999999, '{110,112}', now()
FROM generate_series(1, 5) AS n

-- name: people
-- Extensions with two numbers each, as an administrator of a directory writes them.
INSERT INTO telephony_extension (tenant_id, number, state, source, directory_object_id,
    blocked_reason, version, principal_name, first_name, last_name, display_name, email,
    mobile_phone, business_phone, job_title, department, office, company)
SELECT t.id, 100000 + s.n, 'active', 'microsoft365', gen_random_uuid()::text, '', 1,
    'p' || s.n || '@names.example', firsts.name, lasts.name, firsts.name || ' ' || lasts.name,
    'p' || s.n || '@names.example', '+49 171 ' || 1000000 + s.n,
    CASE s.n %% 3 WHEN 0 THEN '030 555 ' WHEN 1 THEN '+49 (0)30 555 ' ELSE '004930555' END
        || 100000 + s.n,
    'Clerk', 'Department ' || s.n %% 300, '', ''
FROM tenants_tenant AS t
CROSS JOIN LATERAL
    generate_series(1, CASE t.slug WHEN 'names1' THEN %(people)s ELSE %(people)s / 20 END) AS s (n)
CROSS JOIN LATERAL (SELECT (hashint8(s.n)::bigint & 1073741823) AS one,
    (hashint8(s.n::bigint * 7 + 3)::bigint & 1073741823) AS other) AS seeds
JOIN names_first AS firsts ON firsts.n = one %% 3000
JOIN names_last AS lasts ON lasts.n = other %% 60000

-- name: books
-- Address books of each company and of one person in four; the first person's is a large one.
INSERT INTO phonebook_addressbook (tenant_id, scope, mailbox, owner_id, status, shape)
SELECT id, 'company', 'company@names.example', NULL, 'read', '' FROM tenants_tenant
UNION ALL
SELECT tenant_id, 'personal', principal_name, id, 'read', '' FROM telephony_extension
WHERE number %% 4 = 1

-- name: contacts
-- Contacts of the large tenant: six of ten the company's, one of ten the first person's, others
-- the other people's; and an eighth of that in each other tenant.
INSERT INTO phonebook_contact (tenant_id, book_id, holder, directory_contact_id, folder_id,
    fingerprint, display_name, first_name, last_name, company, job_title, department, emails,
    addresses)
SELECT b.tenant_id, b.id, b.holder, s.n::text, '', '\x00', firsts.name || ' ' || lasts.name,
    firsts.name, lasts.name, 'Firm ' || firms.name || CASE third %% 3 WHEN 0 THEN ' GmbH'
        WHEN 1 THEN ' Trading Ltd' ELSE '' END, 'Buyer', '',
    to_jsonb(ARRAY['c' || s.n || '@firm.example']), '[]'
FROM (
    SELECT a.*, t.slug = 'names1' AS large, a.owner_id IS NOT NULL AND row_number() OVER (
        PARTITION BY a.tenant_id, a.scope ORDER BY a.id) = 1 AS first
    FROM phonebook_addressbook a JOIN tenants_tenant t ON t.id = a.tenant_id
) AS b
CROSS JOIN LATERAL generate_series(
    CASE WHEN b.owner_id IS NULL THEN 1 WHEN b.first THEN %(contacts)s * 6 / 10 + 1
        ELSE %(contacts)s * 7 / 10 + b.id * 61 END,
    CASE WHEN b.owner_id IS NULL THEN %(contacts)s * 6 / CASE WHEN b.large THEN 10 ELSE 80 END
        WHEN b.first THEN %(contacts)s * 6 / 10 + %(contacts)s
            / CASE WHEN b.large THEN 10 ELSE 80 END
        ELSE %(contacts)s * 7 / 10 + b.id * 61 + (%(contacts)s * 3 / 10) / greatest(1,
            %(people)s / 4 - 1) - 1 END) AS s (n)
CROSS JOIN LATERAL (SELECT (hashint8(s.n)::bigint & 1073741823) AS one,
    (hashint8(s.n * 5)::bigint & 1073741823) AS other,
    (hashint8(s.n * 11)::bigint & 1073741823) AS third) AS seeds
JOIN names_first AS firsts ON firsts.n = one %% 3000
JOIN names_last AS lasts ON lasts.n = other %% 60000
JOIN names_last AS firms ON firms.n = third / 3 %% 40000

-- name: phones
-- Two numbers of each contact; a business number in a hundred is that of a switchboard.
INSERT INTO phonebook_contactnumber (tenant_id, contact_id, position, holder, kind, number, e164,
    extension)
SELECT c.tenant_id, c.id, position, c.holder, kind, '+' || dialled, dialled, ''
FROM phonebook_contact AS c
CROSS JOIN (VALUES (0, 'business', 493000000000), (1, 'mobile', 491700000000))
    AS kinds (position, kind, first)
CROSS JOIN LATERAL (
    SELECT first + CASE WHEN position = 0 AND c.directory_contact_id::bigint %% 100 = 0 THEN 77
        ELSE c.directory_contact_id::bigint * 7 END AS dialled
) AS made

-- name: photos
-- Photos of every second person, very small ones.
INSERT INTO telephony_photo (extension_id, tenant_id, tag, sha256, content, problem)
SELECT id, tenant_id, 'tag', sha256(id::text::bytea), '\x00', '' FROM telephony_extension
WHERE number %% 2 = 0
