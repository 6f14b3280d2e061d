// The pages that people see at the provider: sign in, and sign out.

const MARKS = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const safe = (text) => String(text ?? '').replace(/[&<>"']/g, (mark) => MARKS[mark]);

const page = (title, body) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${safe(title)}</title>
<main><h1>${safe(title)}</h1>${body}</main>
</html>`;

/** The page that asks who signs in; everybody is believed. */
export const loginPage = (hint, problem) => page('Sign in', `
<form method="post">
  ${problem ? `<p role="alert">${safe(problem)}</p>` : ''}
  <label>Account <input name="account" value="${safe(hint)}" autofocus></label>
  <button name="go" value="sign-in">Sign in</button>
  <button name="go" value="cancel">Cancel</button>
</form>`);

/**
 * The page that signs out. Entra asks for no confirmation; this provider must, by the standard.
 * As Entra does, it calls the applications' front-channel addresses in frames.
 */
export const logoutPage = (form, frames) => page('Sign out', `
${form}
<button form="op.logoutForm" name="logout" value="yes" autofocus>Sign out</button>
${frames.map((address) => `<iframe hidden src="${safe(address)}"></iframe>`).join('')}`);
