-- name: by_number
-- The contacts of one holder with a number that begins in one of these ways, a few of each.
SELECT found.contact_id, min(found.e164) AS first
FROM unnest(%(starts)s::bigint[], %(ends)s::bigint[]) AS wanted (low, high)
CROSS JOIN LATERAL (
    SELECT n.contact_id, n.e164 FROM phonebook_contactnumber n
    WHERE n.tenant_id = %(tenant)s AND n.holder = %(holder)s
        AND n.e164 >= wanted.low AND n.e164 < wanted.high
    ORDER BY n.e164
    LIMIT %(limit)s
) found
GROUP BY 1
ORDER BY 2, 1
LIMIT %(limit)s

-- name: by_short_number
-- The contacts of one holder with a number that is no phone number and begins like this.
SELECT contact_id, number FROM phonebook_contactnumber
WHERE tenant_id = %(tenant)s AND holder = %(holder)s AND e164 IS NULL
    AND number COLLATE "C" >= %(start)s AND number COLLATE "C" < %(end)s
ORDER BY number COLLATE "C"
LIMIT %(limit)s
