// What the provider remembers, in memory. It outlives a provider that is made anew with other keys:
// a code that was given out before a rotation can be redeemed after it.

const OF_A_GRANT = ['AccessToken/', 'AuthorizationCode/', 'RefreshToken/'];

const seconds = () => Math.floor(Date.now() / 1000);

export class Store {
  #rows = new Map();

  constructor() {
    // oidc-provider asks for an adapter of each of its models by name, with `new`.
    const rows = this.#rows;
    this.adapter = class {
      constructor(model) {
        this.model = model;
      }

      #key(id) {
        return `${this.model}/${id}`;
      }

      async upsert(id, payload, expiresIn) {
        const until = expiresIn ? seconds() + expiresIn : Infinity;
        rows.set(this.#key(id), { ...payload, until });
      }

      async find(id) {
        const row = rows.get(this.#key(id));
        return row && row.until > seconds() ? row : undefined;
      }

      async findByUid(uid) {
        for (const [key, row] of rows) {
          if (key.startsWith(`${this.model}/`) && row.uid === uid) return row;
        }
        return undefined;
      }

      async consume(id) {
        rows.get(this.#key(id)).consumed = seconds();
      }

      async destroy(id) {
        rows.delete(this.#key(id));
      }

      async revokeByGrantId(grantId) {
        for (const [key, row] of rows) {
          const granted = OF_A_GRANT.some((model) => key.startsWith(model));
          if (granted && row.grantId === grantId) rows.delete(key);
        }
      }
    };
  }

  /** Put a client in, or change it. */
  register(client) {
    this.#rows.set(`Client/${client.client_id}`, { ...client, until: Infinity });
  }

  /** Find the client that comes back to this address after signing out. */
  returningTo(address) {
    for (const [key, row] of this.#rows) {
      if (key.startsWith('Client/') && row.post_logout_redirect_uris.includes(address)) return row;
    }
    return undefined;
  }
}
