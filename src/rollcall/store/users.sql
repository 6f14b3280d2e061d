-- name: users_memory
-- Where the people stage stands.
SELECT users_cursor, users_shape, users_policy, users_applied_at FROM integrations_integration
WHERE tenant_id = %(tenant)s AND id = %(integration)s

-- name: open_reading
-- The reading that a run began, with the place after its last page.
SELECT r.since, r.shape, r.started_at, r.complete, r.cursor,
    (SELECT p.resume FROM integrations_stagedpage p
     WHERE p.tenant_id = r.tenant_id AND p.integration_id = r.integration_id
     ORDER BY p.position DESC LIMIT 1)
FROM integrations_reading r
WHERE r.tenant_id = %(tenant)s AND r.integration_id = %(integration)s

-- name: staged_page
-- One page of the open reading.
SELECT records, resume FROM integrations_stagedpage
WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s AND position = %(position)s

-- name: drop_reading
-- Forget the open reading and its pages.
DELETE FROM integrations_reading
WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s

-- name: begin_reading
-- Open a reading.
INSERT INTO integrations_reading
    (tenant_id, integration_id, complete, shape, since, started_at, cursor)
VALUES (%(tenant)s, %(integration)s, %(complete)s, %(shape)s, %(since)s, %(now)s, '')

-- name: stage_page
-- Keep one more page of the open reading.
INSERT INTO integrations_stagedpage (tenant_id, integration_id, position, records, resume)
SELECT %(tenant)s, %(integration)s, coalesce(max(position), 0) + 1, %(records)s, %(resume)s
FROM integrations_stagedpage
WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s

-- name: finish_reading
-- Note that the last page is in.
UPDATE integrations_reading SET cursor = %(cursor)s
WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s

-- name: known_users
-- Everybody of the directory with extension and refusal.
SELECT d.object_id, d.fingerprint, d.removed <> '', d.unreadable,
    e.id, e.version, e.number, e.state, e.deleted_at IS NOT NULL, e.blocked_at,
    r.reason, r.detail
FROM integrations_directoryrecord d
LEFT JOIN telephony_extension e
    ON e.tenant_id = d.tenant_id AND e.source = 'microsoft365'
    AND e.directory_object_id = d.object_id
LEFT JOIN integrations_refusal r
    ON r.integration_id = d.integration_id AND r.object_id = d.object_id AND r.until_run IS NULL
WHERE d.tenant_id = %(tenant)s AND d.integration_id = %(integration)s

-- name: some_known_users
-- The named people, and those who wait for the PBX.
SELECT d.object_id, d.fingerprint, d.removed <> '', d.unreadable,
    e.id, e.version, e.number, e.state, e.deleted_at IS NOT NULL, e.blocked_at,
    r.reason, r.detail
FROM integrations_directoryrecord d
LEFT JOIN telephony_extension e
    ON e.tenant_id = d.tenant_id AND e.source = 'microsoft365'
    AND e.directory_object_id = d.object_id
LEFT JOIN integrations_refusal r
    ON r.integration_id = d.integration_id AND r.object_id = d.object_id AND r.until_run IS NULL
WHERE d.tenant_id = %(tenant)s AND d.integration_id = %(integration)s
    AND d.object_id IN (
        SELECT unnest(%(ids)s::text[])
        UNION
        SELECT object_id FROM integrations_refusal
        WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s
            AND until_run IS NULL AND reason = ANY(%(waiting)s)
        UNION
        SELECT object_id FROM integrations_linkdecision
        WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s
        UNION
        SELECT directory_object_id FROM telephony_extension
        WHERE tenant_id = %(tenant)s AND deleted_at IS NOT NULL AND state <> 'released'
        UNION
        SELECT directory_object_id FROM telephony_extension
        WHERE tenant_id = %(tenant)s AND state = 'blocked' AND blocked_at <= %(blocked_before)s
    )

-- name: all_records
-- Every remembered record.
SELECT record FROM integrations_directoryrecord
WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s AND fingerprint <> ''

-- name: some_records
-- The remembered records of some people.
SELECT record FROM integrations_directoryrecord
WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s AND fingerprint <> ''
    AND object_id = ANY(%(ids)s)

-- name: records_like
-- The remembered records that a line of a list may mean.
SELECT record FROM integrations_directoryrecord
WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s
    AND fingerprint <> '' AND removed = ''
    AND (object_id = ANY(%(lines)s) OR principal_key = ANY(%(keys)s) OR email_key = ANY(%(keys)s)
        OR aliases && %(keys)s)

-- name: unreadable_ids
-- The objects whose newest answer could not be understood.
SELECT object_id FROM integrations_directoryrecord
WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s AND unreadable <> ''

-- name: taken_numbers
-- Every number that somebody has.
SELECT number FROM telephony_extension
WHERE tenant_id = %(tenant)s AND state <> 'released'

-- name: kept_numbers
-- The numbers that an import keeps, and for whom if that is known.
SELECT number, object_id FROM integrations_numberassignment
WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s

-- name: unbound_assignments
-- The lines of imports that mean nobody yet, oldest first.
SELECT line, number FROM integrations_numberassignment
WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s AND object_id IS NULL
ORDER BY id

-- name: local_extensions
-- The extensions made by hand, with what may be compared with a person.
SELECT id, version, number, first_name, last_name, display_name, email, mobile_phone,
    business_phone, job_title, department, office, company
FROM telephony_extension
WHERE tenant_id = %(tenant)s AND source = 'local'

-- name: link_decisions
-- What an administrator said of proposals.
SELECT object_id, extension_id FROM integrations_linkdecision
WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s

-- name: head_count
-- How many people have a number, how many of them work, how many stay out.
SELECT
    (SELECT count(*) FROM telephony_extension
     WHERE tenant_id = %(tenant)s AND source = 'microsoft365' AND state <> 'released'
        AND deleted_at IS NULL),
    (SELECT count(*) FROM telephony_extension
     WHERE tenant_id = %(tenant)s AND source = 'microsoft365' AND state = 'active'
        AND deleted_at IS NULL),
    (SELECT count(*) FROM integrations_refusal
     WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s AND until_run IS NULL)

-- name: numbers_within
-- How many numbers of a range are taken.
SELECT count(*) FROM telephony_extension
WHERE tenant_id = %(tenant)s AND state <> 'released' AND number BETWEEN %(first)s AND %(last)s

-- name: bind_line
-- Bind a line of a list to an object, for good.
UPDATE integrations_listentry SET object_id = %(object_id)s
WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s
    AND subject = %(subject)s AND line = %(line)s AND object_id IS NULL

-- name: bind_assignment
-- Bind a line of an import to an object that has no other line and no extension yet, for good.
UPDATE integrations_numberassignment SET object_id = %(object_id)s
WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s
    AND line = %(line)s AND object_id IS NULL
    AND NOT EXISTS (
        SELECT FROM integrations_numberassignment other
        WHERE other.tenant_id = %(tenant)s AND other.integration_id = %(integration)s
            AND other.object_id = %(object_id)s
    )
    AND NOT EXISTS (
        SELECT FROM telephony_extension e
        WHERE e.tenant_id = %(tenant)s AND e.source = 'microsoft365'
            AND e.directory_object_id = %(object_id)s
    )

-- name: make_extension_stage
-- A place for the extensions as they are to be.
CREATE TEMPORARY TABLE staged_extension (
    id bigint, version bigint, released boolean, source text, directory_object_id text,
    number bigint, state text, at timestamptz, reason text, has_profile boolean,
    principal_name text, first_name text, last_name text, display_name text, email text,
    mobile_phone text, business_phone text, job_title text, department text, office text,
    company text
) ON COMMIT DROP

-- name: copy_extension_stage
COPY staged_extension FROM STDIN

-- name: count_extension_stage
-- Let the planner know how many extensions are staged.
ANALYZE staged_extension

-- name: write_extensions
-- Bring extensions into the staged state, if they are still in the version that was planned for.
UPDATE telephony_extension e SET
    source = s.source,
    directory_object_id = s.directory_object_id,
    number = s.number,
    state = coalesce(s.state, e.state),
    blocked_at = CASE s.state
        WHEN 'active' THEN NULL
        WHEN 'blocked' THEN s.at
        WHEN 'released' THEN coalesce(e.blocked_at, s.at)
        ELSE e.blocked_at
    END,
    blocked_reason = CASE s.state
        WHEN 'active' THEN ''
        WHEN 'blocked' THEN s.reason
        WHEN 'released' THEN coalesce(nullif(e.blocked_reason, ''), s.reason)
        ELSE e.blocked_reason
    END,
    deleted_at = NULL,
    principal_name = CASE WHEN has_profile THEN s.principal_name ELSE e.principal_name END,
    first_name = CASE WHEN has_profile THEN s.first_name ELSE e.first_name END,
    last_name = CASE WHEN has_profile THEN s.last_name ELSE e.last_name END,
    display_name = CASE WHEN has_profile THEN s.display_name ELSE e.display_name END,
    email = CASE WHEN has_profile THEN s.email ELSE e.email END,
    mobile_phone = CASE WHEN has_profile THEN s.mobile_phone ELSE e.mobile_phone END,
    business_phone = CASE WHEN has_profile THEN s.business_phone ELSE e.business_phone END,
    job_title = CASE WHEN has_profile THEN s.job_title ELSE e.job_title END,
    department = CASE WHEN has_profile THEN s.department ELSE e.department END,
    office = CASE WHEN has_profile THEN s.office ELSE e.office END,
    company = CASE WHEN has_profile THEN s.company ELSE e.company END
FROM staged_extension s
WHERE s.released = %(released)s
    AND e.tenant_id = %(tenant)s AND e.id = s.id AND e.version = s.version

-- name: forget_released_books
-- A released person's contacts go, with the books that they are in.
DELETE FROM phonebook_addressbook b USING staged_extension s
WHERE s.released AND b.tenant_id = %(tenant)s AND b.owner_id = s.id

-- name: forget_released_photos
-- A released person's photo goes.
DELETE FROM telephony_photo p USING staged_extension s
WHERE s.released AND p.tenant_id = %(tenant)s AND p.extension_id = s.id

-- name: copy_extensions
COPY telephony_extension (
    tenant_id, number, state, source, directory_object_id, blocked_reason, version,
    principal_name, first_name, last_name, display_name, email, mobile_phone, business_phone,
    job_title, department, office, company
) FROM STDIN

-- name: make_record_stage
-- A place for records that are news.
CREATE TEMPORARY TABLE staged_record (
    object_id text, fingerprint bytea, record text, aliases text[], display_name text,
    principal_key text, email_key text
) ON COMMIT DROP

-- name: copy_record_stage
COPY staged_record FROM STDIN

-- name: count_record_stage
-- Let the planner know how many records are staged.
ANALYZE staged_record

-- name: change_records
-- Remember the new records of objects that are known.
UPDATE integrations_directoryrecord d SET
    fingerprint = s.fingerprint, record = s.record, aliases = s.aliases,
    display_name = s.display_name,
    principal_key = s.principal_key, email_key = s.email_key, removed = '', unreadable = ''
FROM staged_record s
WHERE d.tenant_id = %(tenant)s AND d.integration_id = %(integration)s
    AND d.object_id = s.object_id

-- name: copy_records
COPY integrations_directoryrecord (
    tenant_id, integration_id, object_id, fingerprint, record, aliases, display_name,
    principal_key, email_key, removed, unreadable, purpose
) FROM STDIN

-- name: remove_record
-- Remember that the directory no longer has an object.
UPDATE integrations_directoryrecord SET removed = %(removed)s, unreadable = ''
WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s AND object_id = %(object_id)s

-- name: mark_unreadable
-- Remember that the newest answer about an object could not be understood.
INSERT INTO integrations_directoryrecord (
    tenant_id, integration_id, object_id, fingerprint, record, aliases, display_name,
    principal_key, email_key, removed, unreadable, purpose
)
VALUES (%(tenant)s, %(integration)s, %(object_id)s, '', '', '{}', '', '', '', '', %(why)s, '')
ON CONFLICT (integration_id, object_id) DO UPDATE SET unreadable = excluded.unreadable

-- name: end_refusals
-- These refusals are in force no longer.
UPDATE integrations_refusal SET until_run = %(run)s
WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s AND until_run IS NULL
    AND object_id = ANY(%(ids)s)

-- name: copy_refusals
COPY integrations_refusal (tenant_id, integration_id, object_id, reason, detail, since_run)
FROM STDIN

-- name: copy_changes
COPY integrations_runchange (
    tenant_id, run_id, position, action, object_id, name, number, fields, reason
) FROM STDIN

-- name: end_decisions
-- What was decided is done where the person has an extension.
DELETE FROM integrations_linkdecision d USING telephony_extension e
WHERE d.tenant_id = %(tenant)s AND d.integration_id = %(integration)s
    AND e.tenant_id = d.tenant_id AND e.source = 'microsoft365'
    AND e.directory_object_id = d.object_id AND e.state <> 'released'

-- name: end_assignments
-- Numbers that were kept are given where the person has an extension.
DELETE FROM integrations_numberassignment a USING telephony_extension e
WHERE a.tenant_id = %(tenant)s AND a.integration_id = %(integration)s
    AND e.tenant_id = a.tenant_id AND e.source = 'microsoft365'
    AND e.directory_object_id = a.object_id AND e.state <> 'released'

-- name: move_cursor
-- The next reading goes on from here.
UPDATE integrations_integration
SET users_cursor = %(cursor)s, users_shape = %(shape)s, users_policy = %(policy)s,
    users_applied_at = %(now)s
WHERE tenant_id = %(tenant)s AND id = %(integration)s
    AND (users_cursor, users_shape, users_policy)
        IS DISTINCT FROM (%(cursor)s, %(shape)s, %(policy)s::bytea)

-- name: hold_plan
-- Keep a plan for a person's word.
INSERT INTO integrations_heldplan (tenant_id, run_id, stage, digest, plan)
VALUES (%(tenant)s, %(run)s, %(stage)s, %(digest)s, %(plan)s)
ON CONFLICT (run_id, stage) DO UPDATE SET digest = excluded.digest, plan = excluded.plan

-- name: supersede_holds
-- Plans that wait for a person's word are out of date once a newer reading was planned.
UPDATE integrations_syncrun r SET state = 'superseded'
WHERE r.tenant_id = %(tenant)s AND r.integration_id = %(integration)s
    AND r.state = 'held' AND r.id < %(run)s
    AND EXISTS (SELECT FROM integrations_heldplan h
                WHERE h.tenant_id = r.tenant_id AND h.run_id = r.id AND h.stage = 'users')

-- name: drop_previews
-- What other previews showed is out of date, or shown anew: they stay, their plans go.
DELETE FROM integrations_heldplan h USING integrations_syncrun r
WHERE h.tenant_id = %(tenant)s AND r.tenant_id = h.tenant_id AND r.id = h.run_id
    AND r.integration_id = %(integration)s AND r.dry_run AND r.id <> %(run)s

-- name: held_plans
-- What a run holds, by stage.
SELECT stage, plan FROM integrations_heldplan
WHERE tenant_id = %(tenant)s AND run_id = %(run)s

-- name: forget_changes
-- The changes that were only planned; those that are applied take their place.
DELETE FROM integrations_runchange WHERE tenant_id = %(tenant)s AND run_id = %(run)s

-- name: end_hold
-- The run holds nothing any more.
DELETE FROM integrations_heldplan WHERE tenant_id = %(tenant)s AND run_id = %(run)s
