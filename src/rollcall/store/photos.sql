-- name: owners
-- The directory's people with an extension that is not released.
SELECT directory_object_id, id, state = 'active' AND deleted_at IS NULL
FROM telephony_extension
WHERE tenant_id = %(tenant)s AND source = 'microsoft365' AND state <> 'released'

-- name: photo_tags
-- The photos that are kept.
SELECT e.directory_object_id, p.tag, p.problem
FROM telephony_photo p
JOIN telephony_extension e ON e.tenant_id = p.tenant_id AND e.id = p.extension_id
WHERE p.tenant_id = %(tenant)s AND e.source = 'microsoft365'

-- name: keep_photo
-- Keep a person's photo, or that its tag is no good.
INSERT INTO telephony_photo (extension_id, tenant_id, tag, sha256, content, problem)
SELECT id, tenant_id, %(tag)s, %(sha256)s, %(content)s, %(problem)s
FROM telephony_extension
WHERE tenant_id = %(tenant)s AND source = 'microsoft365' AND state <> 'released'
    AND directory_object_id = %(object_id)s
ON CONFLICT (extension_id) DO UPDATE SET tag = excluded.tag, sha256 = excluded.sha256,
    content = excluded.content, problem = excluded.problem

-- name: drop_photos
-- The directory has no photo of these people any more.
DELETE FROM telephony_photo p USING telephony_extension e
WHERE p.tenant_id = %(tenant)s AND e.tenant_id = p.tenant_id AND e.id = p.extension_id
    AND e.source = 'microsoft365' AND e.directory_object_id = ANY(%(ids)s)
