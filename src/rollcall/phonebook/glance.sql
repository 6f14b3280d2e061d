-- name: by_words
-- A few colleagues, own contacts and contacts of the company with these words, each kind in order;
-- without a word the beginning of each list.
WITH typed AS MATERIALIZED (SELECT rollcall_search_words(%(text)s) AS words)
SELECT CASE holder WHEN 0 THEN 'company' ELSE 'own' END, c.id, c.display_name, c.company,
    c.job_title, NULL::bigint, NULL::bytea,
    (SELECT jsonb_agg(jsonb_build_array(n.number, n.e164) ORDER BY n.position)
     FROM phonebook_contactnumber n WHERE n.tenant_id = %(tenant)s AND n.contact_id = c.id),
    row_number() OVER (PARTITION BY holder ORDER BY found.key, c.id)
FROM typed CROSS JOIN unnest(%(holders)s::bigint[]) AS whose (held)
CROSS JOIN LATERAL (
    SELECT found_row AS id, min(found_key) AS key
    FROM phonebook_contact_find(%(tenant)s, whose.held, typed.words, %(keys)s)
    GROUP BY 1 ORDER BY 2, 1 LIMIT %(limit)s
) found
JOIN phonebook_contact c ON c.tenant_id = %(tenant)s AND c.id = found.id
WHERE typed.words <> '{}' OR %(text)s = ''
UNION ALL
SELECT 'colleagues', e.id, e.display_name, e.department, '', e.number, p.sha256, NULL,
    row_number() OVER (ORDER BY found.key, e.id)
FROM typed
CROSS JOIN LATERAL (
    SELECT found_row AS id, min(found_key) AS key
    FROM telephony_extension_find(%(tenant)s, 0, typed.words, %(keys)s)
    GROUP BY 1 ORDER BY 2, 1 LIMIT %(limit)s
) found
JOIN telephony_extension e ON e.tenant_id = %(tenant)s AND e.id = found.id
LEFT JOIN telephony_photo p ON p.tenant_id = %(tenant)s AND p.extension_id = e.id
WHERE typed.words <> '{}' OR %(text)s = ''
ORDER BY 9

-- name: by_digits
-- A few of each kind with a number that begins in one of these ways.
SELECT CASE holder WHEN 0 THEN 'company' ELSE 'own' END, c.id, c.display_name, c.company,
    c.job_title, NULL::bigint, NULL::bytea,
    (SELECT jsonb_agg(jsonb_build_array(n.number, n.e164) ORDER BY n.position)
     FROM phonebook_contactnumber n WHERE n.tenant_id = %(tenant)s AND n.contact_id = c.id),
    row_number() OVER (PARTITION BY holder ORDER BY found.first NULLS LAST, found.text, c.id)
FROM unnest(%(holders)s::bigint[]) AS whose (held)
CROSS JOIN LATERAL (
    SELECT near.id, min(near.first) AS first, min(near.text) AS text
    FROM (
        SELECT n.contact_id AS id, n.e164 AS first, '' AS text
        FROM unnest(%(starts)s::bigint[], %(ends)s::bigint[]) AS wanted (low, high)
        CROSS JOIN LATERAL (
            SELECT contact_id, e164 FROM phonebook_contactnumber
            WHERE tenant_id = %(tenant)s AND holder = whose.held
                AND e164 >= wanted.low AND e164 < wanted.high
            ORDER BY e164, contact_id LIMIT %(keys)s
        ) n
        UNION ALL
        (SELECT contact_id, NULL, number FROM phonebook_contactnumber
         WHERE tenant_id = %(tenant)s AND holder = whose.held AND e164 IS NULL
            AND number COLLATE "C" >= %(short)s AND number COLLATE "C" < %(beyond)s
         ORDER BY number COLLATE "C" LIMIT %(keys)s)
    ) near
    GROUP BY 1 ORDER BY 2 NULLS LAST, 3, 1 LIMIT %(limit)s
) found
JOIN phonebook_contact c ON c.tenant_id = %(tenant)s AND c.id = found.id
UNION ALL
SELECT 'colleagues', e.id, e.display_name, e.department, '', e.number, p.sha256,
    jsonb_build_array(jsonb_build_array(e.mobile_phone, NULL),
        jsonb_build_array(e.business_phone, NULL)),
    row_number() OVER (ORDER BY found.place, e.number)
FROM (
    SELECT near.id, min(near.place) AS place
    FROM (
        SELECT e.id, 0 AS place
        FROM unnest(%(inside_starts)s::bigint[], %(inside_ends)s::bigint[]) AS wanted (low, high)
        CROSS JOIN LATERAL (
            SELECT id FROM telephony_extension
            WHERE tenant_id = %(tenant)s AND state <> 'released' AND number >= wanted.low
                AND number < wanted.high AND state = 'active' AND deleted_at IS NULL
            ORDER BY number LIMIT %(limit)s
        ) e
        UNION ALL
        SELECT k.id, 1
        FROM unnest(%(written_starts)s::bigint[], %(written_ends)s::bigint[])
            AS wanted (low, high)
        CROSS JOIN LATERAL (
            SELECT extension_id AS id FROM telephony_phonekey
            WHERE tenant_id = %(tenant)s AND digits >= wanted.low AND digits < wanted.high
            ORDER BY digits, extension_id LIMIT %(keys)s
        ) k
    ) near
    GROUP BY 1
) found
JOIN telephony_extension e ON e.tenant_id = %(tenant)s AND e.id = found.id
    AND e.state = 'active' AND e.deleted_at IS NULL
LEFT JOIN telephony_photo p ON p.tenant_id = %(tenant)s AND p.extension_id = e.id
ORDER BY 9
