/**
 * Loaded before the server (`node --import`), in its threads too: the native bcrypt beside it makes each hash once and
 * remembers it, so that what is measured is everything else of a login. Nothing else is changed, and no answer.
 */
import { createRequire } from 'node:module';

const product = createRequire(new URL('../../dist/main.js', import.meta.url));
const bcrypt = product('bcrypt');
const { hashSync } = bcrypt;
const known = new Map();

bcrypt.hashSync = (password, setting) => {
  const what = `${setting} ${password}`;
  if (!known.has(what)) known.set(what, hashSync(password, setting));
  return known.get(what);
};
