import type { Context } from 'koa';
import type { Services } from '../../auth/services.js';
import { Refusal, type Problem } from '../../errors.js';
import { readObject } from '../../http/body.js';
import { clientTarget } from '../../http/redirects.js';
import { isSafeMethod } from '../../http/security.js';
import { stateOf } from '../../http/state.js';
import type { Hearing } from '../dialect.js';

/** Input of the EXT:login endpoints. Strings are taken as they are: `"true"`, `" 12 "` and `"null"` are passwords. */
export const hear: Partial<Hearing> = {
  async login(ctx, services) {
    const form = await openForm(ctx, services);
    const credentials = {
      username: form.text('username'),
      password: form.text('password'),
      remember: form.flag('remember'),
      ...returnTo(form, services),
    };
    form.refuseProblems();
    return credentials;
  },

  async resetRequest(ctx, services) {
    return heard(ctx, services, (form) => ({ email: form.text('email') }));
  },

  async magicRequest(ctx, services) {
    return heard(ctx, services, (form) => ({ email: form.text('email') }));
  },

  async reset(ctx, services) {
    return heard(ctx, services, (form) => ({
      token: form.text('token'),
      password: form.text('password'),
      passwordConfirmation: form.text('passwordConfirmation'),
    }));
  },

  async token(ctx, services) {
    if (isSafeMethod(ctx.method)) return { token: tokenInAddress(ctx) };
    return heard(ctx, services, (form) => ({ token: form.text('token') }));
  },

  async changePassword(ctx, services) {
    return heard(ctx, services, (form) => ({
      currentPassword: form.text('currentPassword'),
      password: form.text('password'),
      passwordConfirmation: form.text('passwordConfirmation'),
    }));
  },

  async changeEmail(ctx, services) {
    return heard(ctx, services, (form) => ({
      email: form.text('email'),
      currentPassword: form.text('currentPassword'),
    }));
  },

  async proof(ctx, services) {
    return heard(ctx, services, (form) => ({ password: form.text('password') }));
  },

  /** Only these fields: nobody makes themselves an administrator (ASVS 15.3.3). */
  async registration(ctx, services) {
    const form = await openForm(ctx, services);
    const username = form.text('username');
    const email = form.text('email');
    const password = form.text('password');
    form.repeats('passwordConfirmation', password);
    form.isNobodysAddress('username', email);
    const profile = Object.fromEntries(profileFields.map((field) => [field, form.optionalText(field)]));
    return { username, email, password, profile, problems: form.problems };
  },
};

const profileFields = [
  ...(['title', 'name', 'firstName', 'middleName', 'lastName', 'company', 'address', 'zip', 'city'] as const),
  ...(['country', 'telephone', 'fax', 'www', 'language', 'timezone'] as const),
];
const longestProfileText = 255;

/** Somebody may declare GET for what a link does, as the original has it: there the token stands in the path or query. */
function tokenInAddress(ctx: Context): string {
  const value: unknown = ctx.params?.token ?? ctx.params?.hash ?? ctx.query.token;
  return typeof value === 'string' ? value : '';
}

async function heard<T>(ctx: Context, services: Services, read: (form: Form) => T): Promise<T> {
  const form = await openForm(ctx, services);
  const input = read(form);
  form.refuseProblems();
  return input;
}

async function openForm(ctx: Context, services: Services): Promise<Form> {
  return new Form(stateOf(ctx).input ?? (await readObject(ctx, services.settings.http.bodyLimit)));
}

function returnTo(form: Form, { settings }: Services): { returnTo?: string } {
  if (!settings.redirects.allowReturnTo || form.isEmpty('returnTo')) return {};
  const target = form.text('returnTo');
  return target ? { returnTo: clientTarget(settings, target) } : {};
}

const flags = new Map<unknown, boolean>([
  [true, true],
  ['true', true],
  ['1', true],
  [1, true],
  [false, false],
  ['false', false],
  ['0', false],
  [0, false],
  ['', false],
  [undefined, false],
]);

/** Reads fields and remembers every problem, so that all failing fields are refused at once. */
class Form {
  readonly #input: Record<string, unknown>;
  readonly problems: Problem[] = [];

  constructor(input: Record<string, unknown>) {
    this.#input = input;
  }

  has(field: string): boolean {
    return Object.hasOwn(this.#input, field);
  }

  /** A form sends a field that nobody filled in as ''. */
  isEmpty(field: string): boolean {
    return !this.has(field) || this.#input[field] === '';
  }

  text(field: string): string {
    const value = this.has(field) ? this.#input[field] : undefined;
    if (typeof value === 'string' && value !== '') return value;
    this.problems.push({ field, code: value === undefined || value === '' ? 'required' : 'string' });
    return '';
  }

  optionalText(field: string): string {
    const value = this.has(field) ? this.#input[field] : '';
    if (typeof value !== 'string') this.problems.push({ field, code: 'string' });
    else if (value.length > longestProfileText)
      this.problems.push({ field, code: 'too-long', values: { max: longestProfileText } });
    else if (/\p{Cc}/u.test(value.replaceAll(/[\n\r\t]/g, ' '))) this.problems.push({ field, code: 'invalid' });
    return String(value);
  }

  repeats(field: string, value: string): void {
    if (this.text(field) !== value && !this.isRefused(field)) this.problems.push({ field, code: 'mismatch' });
  }

  /** A name that is somebody else's address would catch their logins: a user name wins over an address. */
  isNobodysAddress(field: string, own: string): void {
    const name = this.#input[field];
    const isOwn =
      typeof name === 'string' && name.normalize('NFKC').toLowerCase() === own.normalize('NFKC').toLowerCase();
    if (typeof name === 'string' && name.normalize('NFKC').includes('@') && !isOwn)
      this.problems.push({ field, code: 'invalid' });
  }

  private isRefused(field: string): boolean {
    return this.problems.some((problem) => problem.field === field);
  }

  flag(field: string): boolean {
    const flag = flags.get(this.has(field) ? this.#input[field] : undefined);
    if (flag === undefined) this.problems.push({ field, code: 'boolean' });
    return flag ?? false;
  }

  refuseProblems(): void {
    if (this.problems.length) throw new Refusal('invalid-input', { problems: this.problems });
  }
}
