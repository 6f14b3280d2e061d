-- name: by_alias
-- The remembered records that one of some lower-case addresses is an alias of.
SELECT record FROM integrations_directoryrecord
WHERE tenant_id = %(tenant)s AND removed = '' AND fingerprint <> ''
    AND EXISTS (SELECT FROM unnest(aliases) alias WHERE alias = ANY(%(keys)s))

-- name: shared_candidates
-- Those whose mailbox the directory calls shared, then those whose may be: disabled, unlicensed,
-- with a mail address. Records leave out what is as usual: enabled, no guest, not licensed.
SELECT record FROM integrations_directoryrecord
WHERE tenant_id = %(tenant)s AND removed = '' AND fingerprint <> '' AND email_key <> ''
    AND (purpose = 'shared' OR (purpose = '' AND record LIKE '%%"enabled":false%%'
        AND record::jsonb @> '{"enabled": false}'
        AND NOT record::jsonb ?| ARRAY['licensed', 'guest']))
ORDER BY purpose DESC, display_name, object_id
LIMIT %(most)s
