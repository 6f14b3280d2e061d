-- name: facts
-- Every active tenant: how it dials, and its trunk while that is in use.
SELECT t.id AS tenant_id, t.sip_domain AS domain, t.country, s.emergency_numbers AS emergency,
    k.kind, k.host, k.proxy, k.port, k.transport, k.username, k.password_sealed, k.addresses,
    k.number_format, k.main_number
FROM tenants_tenant t
LEFT JOIN calling_callsettings s ON s.tenant_id = t.id
LEFT JOIN calling_trunk k ON k.tenant_id = t.id AND k.enabled
WHERE t.state = 'active'
ORDER BY t.id

-- name: digest
-- A text that is another one when any of that has changed.
SELECT md5(coalesce(string_agg(
    ROW(t.id, t.sip_domain, t.country, s.emergency_numbers, k.*)::text, E'\n' ORDER BY t.id
), ''))
FROM tenants_tenant t
LEFT JOIN calling_callsettings s ON s.tenant_id = t.id
LEFT JOIN calling_trunk k ON k.tenant_id = t.id AND k.enabled
WHERE t.state = 'active'
