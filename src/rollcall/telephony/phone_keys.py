"""Phone keys: the digits of people's business and mobile numbers, kept by triggers. For migrations.

A key is a number's digits as they were written, without leading zeros and without a suffix, so
it depends on no country and never goes out of date: whoever looks a number up asks for all the ways
in which it can be written (rollcall.core.phone.written_digits), and reads what it found.
"""

from typing import Final

from django.db.migrations import RunSQL

SHORTEST: Final = 3
LONGEST: Final = 18
"""Fewer digits are no phone number, more do not fit."""


def keep_phone_keys() -> tuple[RunSQL, ...]:
    """Let triggers keep the keys, whoever writes extensions."""
    columns = "tenant_id, id, mobile_phone, business_phone"
    left, right = f"SELECT {columns} FROM old_rows", f"SELECT {columns} FROM new_rows"  # noqa: S608 - the names stand here
    old, new = f"({left} EXCEPT {right}) r", f"({right} EXCEPT {left}) r"
    return (
        RunSQL(_DIGITS, RunSQL.noop),
        _trigger("insert", "NEW TABLE AS new_rows", _insert("new_rows r")),
        _trigger(
            "update",
            "OLD TABLE AS old_rows NEW TABLE AS new_rows",
            f"{_delete(old)} {_insert(new)}",
        ),
        _trigger("delete", "OLD TABLE AS old_rows", _delete("old_rows r")),
    )


def fill_phone_keys() -> RunSQL:
    """Make the keys of the extensions that are there already."""
    return RunSQL(_insert("telephony_extension r"), RunSQL.noop)


def _made(rows: str) -> str:
    return f"""
        SELECT DISTINCT r.tenant_id, made.digits, r.id FROM {rows}
        CROSS JOIN LATERAL (
            VALUES (telephony_phone_digits(r.mobile_phone)),
                (telephony_phone_digits(r.business_phone))
        ) AS made (digits)
        WHERE made.digits IS NOT NULL
    """  # noqa: S608 - as above


def _insert(rows: str) -> str:
    return (
        f"INSERT INTO telephony_phonekey (tenant_id, digits, extension_id) {_made(rows)} "
        "ON CONFLICT DO NOTHING;"
    )


def _delete(rows: str) -> str:
    # One by one: a join would be planned for what the first statement of a session finds.
    return f"""
        FOR gone IN {_made(rows)} LOOP
            DELETE FROM telephony_phonekey k WHERE k.tenant_id = gone.tenant_id
                AND k.digits = gone.digits AND k.extension_id = gone.id;
        END LOOP;
    """  # noqa: S608 - as above


def _trigger(event: str, tables: str, body: str) -> RunSQL:
    name = f"telephony_extension_phones_{event}"
    function = (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql "
        "SET enable_seqscan = off AS "
        f"$keys$ DECLARE gone record; BEGIN {body} RETURN NULL; END $keys$"
    )
    trigger = (
        f"CREATE TRIGGER {name} AFTER {event.upper()} ON telephony_extension "
        f"REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    )
    return RunSQL([function, trigger], RunSQL.noop)


_DIGITS: Final = f"""
CREATE FUNCTION telephony_phone_digits(written text) RETURNS bigint
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $digits$
DECLARE plain text;
BEGIN
    IF written = '' THEN
        RETURN NULL;
    END IF;
    plain := regexp_replace(
        coalesce(substring(written FROM '[0-9][^[:alpha:]#;,]*'), ''), '[^0-9]', '', 'g');
    IF length(plain) BETWEEN {SHORTEST} AND {LONGEST} THEN
        RETURN nullif(plain::bigint, 0);
    END IF;
    RETURN NULL;
END $digits$
""".strip()
