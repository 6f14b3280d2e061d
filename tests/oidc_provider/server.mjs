// A certified OpenID provider (npm oidc-provider), configured like one tenant of Entra.
//
// It is told what to do in lines of JSON on its standard input, answers each with one on its
// standard output, and ends when its input does. The first line makes it:
//   {"directory", "certificate", "key"}: the tenant's id; TLS, PEM        -> {"origin"}
// Then, in any order:
//   {"register": {client_id, certificates, redirect_uris, ...}}           -> {}
//   {"person": {oid, name, preferred_username, ...}}                      -> {}
//   {"rotate": {"keep"}}: sign with a new key; keep publishing the others -> {"kid"}
//   {"swap": "<id_token>"}: put this one into the next answer             -> {}
//   {"seen": true}: the routes that were asked for since the last time    -> {"seen": [...]}
//
// What it does unlike Entra, and the product has to bear: errors carry no AADSTS numbers; the
// callback gets `iss` (RFC 9207) and no `session_state`; signing out asks for confirmation; keys
// have no x5c; `sub` is the object id. What an option or a few lines could make alike, is alike.

import * as crypto from 'node:crypto';
import * as https from 'node:https';
import * as readline from 'node:readline';

import { loginPage, logoutPage } from './pages.mjs';
import { Store } from './store.mjs';

console.info = console.error; // the library's notices; standard output is for answers

const { default: Provider, interactionPolicy } = await import('oidc-provider');

const CODE_MINUTES = 10;
const TOKEN_MINUTES = 75;
const SCOPES = 'openid profile';

const store = new Store();
const people = new Map(); // by object id
const keys = []; // the first one signs
const seen = [];
let entra; // where the tenant's addresses are
let answer; // what the current provider answers with
let swapped; // an id token that takes the place of the next one

const thumbprint = (certificate, hash) => crypto.hash(hash, certificate.raw, 'base64url');

function places(directory, origin) {
  return {
    directory,
    issuer: `${origin}/${directory}/v2.0`,
    discovery: `/${directory}/v2.0/.well-known/openid-configuration`,
    interaction: `/${directory}/interaction/`,
    routes: {
      authorization: `/${directory}/oauth2/v2.0/authorize`,
      token: `/${directory}/oauth2/v2.0/token`,
      end_session: `/${directory}/oauth2/v2.0/logout`,
      jwks: `/${directory}/discovery/v2.0/keys`,
    },
  };
}

function configuration() {
  return {
    adapter: store.adapter,
    jwks: { keys },
    routes: entra.routes,
    scopes: SCOPES.split(' '),
    responseTypes: ['code'],
    clientAuthMethods: ['private_key_jwt'],
    enabledJWA: {
      clientAuthSigningAlgValues: ['PS256', 'RS256'],
      idTokenSigningAlgValues: ['RS256', 'PS256'],
    },
    assertJwtClientAuthClaimsAndHeader: requireCertificate,
    extraClientMetadata: {
      properties: ['certificate_thumbprints', 'frontchannel_logout_uri'],
    },
    pkce: { required: () => true },
    claims: {
      openid: ['sub', 'tid', 'ver', 'nbf', 'aio', 'rh', 'uti'],
      profile: ['oid', 'name', 'preferred_username', 'login_hint'],
    },
    findAccount,
    loadExistingGrant,
    interactions: {
      policy: prompts(),
      url: (ctx, interaction) => entra.interaction + interaction.uid,
    },
    cookies: { keys: ['of-tests-only'] },
    ttl: {
      AuthorizationCode: CODE_MINUTES * 60,
      IdToken: TOKEN_MINUTES * 60,
      AccessToken: TOKEN_MINUTES * 60,
      Interaction: 3600,
      Grant: 86400,
      Session: 86400,
    },
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      dPoP: { enabled: false },
      rpInitiatedLogout: { enabled: true, logoutSource },
      // Only so that id tokens have a `sid`; nothing is sent anywhere.
      backchannelLogout: { enabled: true },
    },
    fetch: async () => new Response(null, { status: 204 }),
  };
}

/** As Entra: the assertion names a certificate of the client; PS256 by SHA-256, RS256 by SHA-1. */
async function requireCertificate(ctx, claims, header, client) {
  const name = header.alg === 'PS256' ? header['x5t#S256'] : header.x5t;
  if (!client.certificate_thumbprints.includes(String(name).replace(/=+$/, ''))) {
    ctx.throw(401, 'The certificate with this identifier is not registered.');
  }
  if (claims.sub !== claims.iss) ctx.throw(401, 'sub and iss differ');
}

function findAccount(ctx, oid) {
  const person = people.get(oid);
  return person && {
    accountId: oid,
    claims: () => ({
      sub: oid,
      tid: entra.directory,
      ver: '2.0',
      nbf: Math.floor(Date.now() / 1000),
      aio: crypto.randomBytes(40).toString('base64'),
      rh: `0.${crypto.randomBytes(30).toString('base64url')}.`,
      uti: crypto.randomBytes(16).toString('base64url'),
      ...person,
    }),
  };
}

/** Everybody consented to everything already: the administrator did, for all. */
async function loadExistingGrant(ctx) {
  const { provider, client, account } = ctx.oidc;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: account.accountId });
  grant.addOIDCScope(SCOPES);
  await grant.save(86400);
  return grant;
}

function prompts() {
  const { base, Prompt } = interactionPolicy;
  const policy = base();
  policy.add(new Prompt({ name: 'select_account', requestable: true }), 0);
  return policy;
}

function logoutSource(ctx, form) {
  const { session, provider } = ctx.oidc;
  const clients = Object.keys(session.authorizations ?? {});
  const framesOf = async (id) => {
    const client = await provider.Client.find(id);
    const sid = session.sidFor(id);
    if (!client?.frontchannel_logout_uri || !sid) return [];
    return [`${client.frontchannel_logout_uri}?${new URLSearchParams({ iss: entra.issuer, sid })}`];
  };
  return Promise.all(clients.map(framesOf)).then((frames) => {
    ctx.body = logoutPage(form, frames.flat());
  });
}

/** Serve the sign-in page of an interaction. */
async function interact(provider, ctx) {
  const { params } = await provider.interactionDetails(ctx.req, ctx.res);
  ctx.type = 'html';
  if (ctx.method !== 'POST') {
    ctx.body = loginPage(params.login_hint, '');
    return;
  }
  const form = new URLSearchParams(await readBody(ctx.req));
  const account = form.get('account') ?? '';
  const person = [...people.values()].find((each) => each.preferred_username === account);
  if (form.get('go') === 'cancel') {
    const error = { error: 'access_denied', error_description: 'The person cancelled.' };
    await provider.interactionFinished(ctx.req, ctx.res, error);
  } else if (person) {
    const result = { login: { accountId: person.oid }, select_account: {} };
    await provider.interactionFinished(ctx.req, ctx.res, result);
  } else {
    ctx.body = loginPage(account, 'There is no such account in this directory.');
  }
}

async function readBody(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

/** Make the provider anew: its keys are fixed when it is made. */
function make() {
  const provider = new Provider(entra.issuer, configuration());
  provider.on('server_error', (ctx, error) => console.error(error));
  provider.use(async (ctx, next) => {
    seen.push(`${ctx.method} ${ctx.path}`);
    if (ctx.path.startsWith(entra.interaction)) {
      await interact(provider, ctx);
      return;
    }
    if (ctx.path === entra.discovery) ctx.path = '/.well-known/openid-configuration';
    if (ctx.path === entra.routes.end_session) nameClient(ctx);
    await next();
    if (ctx.path === entra.routes.token && swapped && ctx.body?.id_token) {
      ctx.body.id_token = swapped;
      swapped = undefined;
    }
  });
  answer = provider.callback();
}

/** Entra knows an application by the address that it returns to; this provider wants its id. */
function nameClient(ctx) {
  const client = store.returningTo(ctx.query.post_logout_redirect_uri);
  if (client && !ctx.query.id_token_hint) ctx.query = { ...ctx.query, client_id: client.client_id };
}

function addKey() {
  const { privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  const kid = crypto.randomBytes(20).toString('base64url');
  keys.unshift({ ...privateKey.export({ format: 'jwk' }), kid, use: 'sig' });
  return kid;
}

const commands = {
  register({ certificates, ...client }) {
    const known = certificates.map((pem) => new crypto.X509Certificate(pem));
    store.register({
      application_type: 'web',
      response_types: ['code'],
      grant_types: ['authorization_code'],
      token_endpoint_auth_method: 'private_key_jwt',
      id_token_signed_response_alg: 'RS256',
      backchannel_logout_uri: `${entra.issuer}/unused`,
      backchannel_logout_session_required: true,
      post_logout_redirect_uris: [],
      ...client,
      jwks: { keys: known.map((each) => each.publicKey.export({ format: 'jwk' })) },
      certificate_thumbprints: known.flatMap(
        (each) => [thumbprint(each, 'sha256'), thumbprint(each, 'sha1')],
      ),
    });
    return {};
  },

  person(person) {
    people.set(person.oid, person);
    return {};
  },

  rotate({ keep }) {
    const kid = addKey();
    if (!keep) keys.length = 1;
    make();
    return { kid };
  },

  swap(token) {
    swapped = token;
    return {};
  },

  seen() {
    return { seen: seen.splice(0) };
  },
};

function serve({ directory, certificate, key }) {
  const server = https.createServer(
    { cert: certificate, key },
    (request, response) => answer(request, response),
  );
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const origin = `https://127.0.0.1:${server.address().port}`;
      entra = places(directory, origin);
      addKey();
      make();
      resolve({ origin });
    });
  });
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const told = JSON.parse(line);
  let reply;
  try {
    if (entra) {
      const [[name, value]] = Object.entries(told);
      reply = commands[name](value);
    } else {
      reply = await serve(told);
    }
  } catch (error) {
    reply = { error: String(error.stack) };
  }
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
process.exit(0);
