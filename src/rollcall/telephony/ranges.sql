-- name: taken_by_block
-- How many numbers of each block of a range people have, and how many are kept for deleted ones.
SELECT ((number - %(first)s) / %(size)s)::int AS block,
    count(*) FILTER (WHERE deleted_at IS NULL), count(*) FILTER (WHERE deleted_at IS NOT NULL)
FROM telephony_extension
WHERE tenant_id = %(tenant)s AND state <> 'released' AND number BETWEEN %(first)s AND %(last)s
GROUP BY 1

-- name: taken_among
-- Which of these numbers an extension has.
SELECT number FROM telephony_extension
WHERE tenant_id = %(tenant)s AND state <> 'released' AND number = ANY(%(numbers)s::bigint[])

-- name: next_free
-- The lowest number of a range that is not taken: as long as the n-th taken number is the n-th of
-- the range there is no gap. Null where the range is full.
SELECT %(first)s + count(*)
FROM (
    SELECT number, row_number() OVER (ORDER BY number) - 1 AS place
    FROM (
        SELECT number FROM telephony_extension
        WHERE tenant_id = %(tenant)s AND state <> 'released'
            AND number BETWEEN %(first)s AND %(last)s
        UNION
        SELECT unnest(%(others)s::bigint[])
    ) taken
) placed
WHERE number = %(first)s + place
