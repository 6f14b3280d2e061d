-- name: tenant
-- A tenant with room for many extensions.
INSERT INTO tenants_tenant (slug, name, sip_domain, time_zone, country, state, first_extension,
    last_extension, reserved_numbers, created_at)
VALUES ('switch', 'Switch', %(domain)s, 'Europe/Berlin', 'DE', 'active', 100000, 9999999,
    '{110,112}', now())

-- name: people
-- So many extensions.
INSERT INTO telephony_extension (tenant_id, number, state, source, directory_object_id,
    blocked_reason, version, principal_name, first_name, last_name, display_name, email,
    mobile_phone, business_phone, job_title, department, office, company)
SELECT t.id, %(first)s + n, 'active', 'local', NULL, '', 1, '', '', '', 'Person ' || n, '', '', '',
    '', '', '', ''
FROM tenants_tenant AS t, generate_series(1, %(people)s) AS n

-- name: devices
-- A desk phone of each, with the same password.
INSERT INTO calling_device (tenant_id, extension_id, name, username, realm, ha1, created_at,
    password_at)
SELECT tenant_id, id, 'Desk phone', number || '-bench', %(domain)s::text,
    md5(number || '-bench:' || %(domain)s::text || ':' || %(password)s::text), now(), now()
FROM telephony_extension
