import type { Context } from 'koa';
import { isLocked } from '../auth/lockout.js';
import type { Services } from '../auth/services.js';
import { loginOf } from '../http/session.js';
import type { Login } from '../http/state.js';
import { StoreUnavailable } from '../stores/contract.js';
import { lookOf, type Look } from './look.js';
import { chooseLanguage, fill, type Texts } from './text.js';

/** What a page was posted with and what came of it; a page that is only opened has none of it. */
export interface Form {
  /** messages by field */
  errors: Record<string, string[]>;
  /** what was typed, passwords left out */
  typed: Record<string, string>;
  message?: Message | undefined;
  /** what a handler answered that the page shows once (a link to copy) */
  outcome?: Record<string, unknown> | undefined;
}

export interface Message {
  kind: 'bad' | 'good' | 'warning';
  text: string;
}

/** Everything a page needs to show itself. */
export class View {
  readonly shownErrors = new Set<string>();

  private constructor(
    readonly ctx: Context,
    readonly services: Services,
    readonly look: Look,
    readonly language: string,
    readonly login: Login | undefined,
    readonly form: Form,
    /** name of the page that is shown: where its forms come back to */
    readonly page: string,
  ) {}

  static async of(ctx: Context, services: Services, page: string): Promise<View> {
    const look = lookOf(services.settings);
    const login = await whoIsThere(ctx, services);
    const wanted = [login?.user.language ?? '', ...ctx.acceptsLanguages()].filter(Boolean);
    const language = chooseLanguage(look.languages, wanted, services.settings.mail.language);
    return new View(ctx, services, look, language, login, { errors: {}, typed: {} }, page);
  }

  get texts(): Texts {
    return this.look.languages.get(this.language)!;
  }

  get now(): number {
    return this.services.clock.now();
  }

  /** `{name}` filled in with `values`, or with a setting that people are told about. */
  text(text: string, values: Record<string, string | number | undefined> = {}): string {
    const { links, lockout, oneTimeAccounts } = this.services.settings;
    return fill(text, {
      resetMinutes: links.resetMinutes,
      magicMinutes: links.magicMinutes,
      verifyHours: links.verifyHours,
      lockMinutes: lockout.minutes,
      oneTimeMinutes: oneTimeAccounts.minutes,
      ...values,
    });
  }

  /** What was typed into a field, or stands in the address. */
  value(name: string): string {
    const { typed } = this.form;
    if (Object.hasOwn(typed, name)) return typed[name]!;
    const value: unknown = this.ctx.params?.[name] ?? this.ctx.query[name];
    return typeof value === 'string' ? value : '';
  }

  /** What was typed into a field of the form that is shown again. */
  typed(name: string): string | undefined {
    return Object.hasOwn(this.form.typed, name) ? this.form.typed[name] : undefined;
  }

  /** Where a list begins, by `?offset=`. */
  offset(): number {
    const offset = Number(this.value('offset'));
    return Number.isSafeInteger(offset) && offset > 0 ? offset : 0;
  }

  errorsOf(field: string): string[] {
    this.shownErrors.add(field);
    return this.form.errors[field] ?? [];
  }

  /** Path of the route that runs `handler`; '' when routes.yaml has none, so that pages leave out what is not served. */
  path(handler: string, parameters: Record<string, string | number> = {}): string {
    return pathOf(this.services, handler, parameters);
  }

  /** Where a form posts to: an API route, told which page to answer with. */
  action(handler: string, parameters: Record<string, string | number> = {}): string {
    const path = this.path(handler, parameters);
    return path && `${path}?page=${this.page}`;
  }

  isLocked(user: { lockedUntil: number }): boolean {
    return isLocked(user as never, this.now);
  }
}

/** A page that says the database is out of reach has to show itself without it. */
async function whoIsThere(ctx: Context, services: Services): Promise<Login | undefined> {
  try {
    return await loginOf(ctx, services);
  } catch (error) {
    if (error instanceof StoreUnavailable) return undefined;
    throw error;
  }
}

/** As a browser asks for it: below the path of the public URL, parameters filled in. */
export function pathOf(services: Services, handler: string, parameters: Record<string, string | number> = {}): string {
  const path = services.pathOf(handler);
  if (!path) return '';
  const base = new URL(services.settings.publicUrl).pathname.replace(/\/$/, '');
  return base + path.replaceAll(/\{(\w+)[^}]*\}/g, (_, name: string) => encodeURIComponent(parameters[name] ?? ''));
}
