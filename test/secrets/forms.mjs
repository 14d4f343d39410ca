/** The spellings in which a secret could turn up. */
export function formsOf(secret) {
  const bytes = Buffer.from(secret);
  return new Set([
    secret,
    encodeURIComponent(secret),
    new URLSearchParams({ s: secret }).toString().slice(2),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString('base64'),
    bytes.toString('base64url'),
  ]);
}

/**
 * The secrets that a text holds in one of these spellings. Opaque ones are looked up piece by piece, so that ten thousand
 * of them in a hundred megabytes are found in seconds; those with other characters, passwords mostly, one by one.
 * @param {Iterable<string>} secrets @param {string} text @returns {string[]}
 */
export function leaksIn(text, secrets) {
  const found = new Set();
  const opaque = new Map();
  for (const secret of new Set(secrets)) {
    for (const form of formsOf(secret)) {
      if (/^[\w-]+$/.test(form)) opaque.set(form, secret);
      else if (text.includes(form)) found.add(secret);
    }
  }
  const lengths = [...new Set([...opaque.keys()].map((form) => form.length))];
  for (const [run] of text.matchAll(/[\w-]{8,}/g)) {
    for (const length of lengths) {
      for (let at = 0; at + length <= run.length; at += 1) {
        const secret = opaque.get(run.slice(at, at + length));
        if (secret !== undefined) found.add(secret);
      }
    }
  }
  return [...found];
}
