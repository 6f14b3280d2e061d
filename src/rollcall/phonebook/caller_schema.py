"""The function in the database that tells whose numbers are asked for, as SQL. For migrations.

A function, because planning the query takes longer than running it, and a function's plan is made
once for each connection. It is bound by the policies of whoever calls it: under the web's role the
tenant and the holders that are given can only narrow what the scope shows.
"""

from typing import Final

from django.db.migrations import RunSQL


def find_callers() -> RunSQL:
    """Make the function: rows of one's own contacts, the company's, and colleagues.

    One contact of each holder for each number (`places` tells which), and how many others; of
    colleagues those whose written numbers have the digits, at most `few`.
    """
    return RunSQL(_CALLERS, RunSQL.noop)


_CALLERS: Final = """
CREATE FUNCTION phonebook_callers(
    in_tenant bigint, holders bigint[], places integer[], e164s bigint[], suffixes text[],
    shorts text[], numbers bigint[], form_places integer[], form_digits bigint[], few bigint
) RETURNS TABLE (
    place integer, kind text, id bigint, name text, about text, job text, others bigint,
    extension bigint, mobile text, business text, photo bytea
) LANGUAGE plpgsql STABLE SET enable_seqscan = off SET plan_cache_mode = force_generic_plan
AS $callers$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT asked.place, CASE whose.holder WHEN 0 THEN 'company' ELSE 'own' END, c.id,
        c.display_name, c.company, c.job_title, best.others, NULL::bigint, '', '', NULL::bytea
    FROM unnest(places, e164s, suffixes, shorts)
        AS asked (place, e164, suffix, short)
    CROSS JOIN unnest(holders) AS whose (holder)
    CROSS JOIN LATERAL (
        SELECT near.contact_id, count(*) OVER () - 1 AS others
        FROM (
            SELECT n.contact_id, bool_or(n.extension = asked.suffix) AS same,
                bool_or(n.extension = '') AS plain
            FROM (
                (SELECT contact_id, extension FROM phonebook_contactnumber
                 WHERE tenant_id = in_tenant AND holder = whose.holder AND e164 = asked.e164
                 ORDER BY contact_id LIMIT few)
                UNION ALL
                (SELECT contact_id, extension FROM phonebook_contactnumber
                 WHERE tenant_id = in_tenant AND holder = whose.holder AND e164 IS NULL
                    AND number COLLATE "C" = asked.short
                 LIMIT few)
            ) n
            GROUP BY 1
        ) near
        ORDER BY same DESC, plain DESC, contact_id
        LIMIT 1
    ) best
    JOIN phonebook_contact c ON c.tenant_id = in_tenant AND c.id = best.contact_id
    UNION ALL
    SELECT found.place, 'colleague', e.id, e.display_name, e.department, e.job_title, 0, e.number,
        e.mobile_phone, e.business_phone, p.sha256
    FROM (
        SELECT asked.place, inside.id
        FROM unnest(places, numbers) AS asked (place, number)
        CROSS JOIN LATERAL (
            SELECT id FROM telephony_extension
            WHERE tenant_id = in_tenant AND number = asked.number AND state <> 'released'
                AND deleted_at IS NULL
        ) inside
        UNION ALL
        SELECT asked.place, outside.extension_id
        FROM unnest(form_places, form_digits) AS asked (place, digits)
        CROSS JOIN LATERAL (
            SELECT extension_id FROM telephony_phonekey
            WHERE tenant_id = in_tenant AND digits = asked.digits
            ORDER BY extension_id LIMIT few
        ) outside
    ) found
    JOIN telephony_extension e ON e.tenant_id = in_tenant AND e.id = found.id
        AND e.state <> 'released' AND e.deleted_at IS NULL
    LEFT JOIN telephony_photo p ON p.tenant_id = in_tenant AND p.extension_id = e.id;
END $callers$
""".strip()
