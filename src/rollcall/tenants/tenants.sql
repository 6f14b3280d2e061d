-- name: by_slug
-- One tenant: nearly every page begins with this.
SELECT id, slug, name, sip_domain, time_zone, country, state, first_extension, last_extension,
    reserved_numbers, created_at
FROM tenants_tenant WHERE slug = %(slug)s

-- name: by_id
-- The same, by its id.
SELECT id, slug, name, sip_domain, time_zone, country, state, first_extension, last_extension,
    reserved_numbers, created_at
FROM tenants_tenant WHERE id = %(id)s
