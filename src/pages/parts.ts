import { csrfTokenOf } from '../auth/session.js';
import { html, type Markup } from './html.js';
import type { Message, View } from './view.js';

/** Name of the field in which a form carries the session's CSRF token. */
export const csrfField = 'csrf-token';

export interface FieldOptions {
  name: string;
  label: string;
  type?: string;
  autocomplete?: string;
  hint?: string;
  optional?: boolean;
  /** optional without saying so: in a filter everything is */
  unmarked?: boolean;
  value?: string;
  inputmode?: string;
  /** the caret stands here when the page opens */
  first?: boolean;
  rows?: number;
  spellcheck?: boolean;
}

/** A label, its input, a hint, and what is wrong with it, tied together for screen readers. */
export function field(view: View, options: FieldOptions): Markup {
  const { name, label, hint } = options;
  const optional = options.optional && !options.unmarked;
  const errors = view.errorsOf(name);
  const id = `field-${name}`;
  return html`<div class="field">
    <label for="${id}"
      >${label}${optional && html` <span class="quiet small">(${view.texts.words.optional})</span>`}</label
    >
    ${options.type === 'password' ? withReveal(view, id, input(view, id, options, errors)) : input(view, id, options, errors)}
    ${hint && html`<p class="hint" id="${id}-hint">${hint}</p>`}
    ${errors.length > 0 && html`<p class="error" id="${id}-error">${errors.join(' ')}</p>`}
  </div>`;
}

function input(view: View, id: string, options: FieldOptions, errors: string[]): Markup {
  const attributes = html` id="${id}" name="${options.name}" ${describedBy(id, options.hint, errors)}
  ${!options.optional && html`required`} ${focuses(view, options.name, options.first) && html`autofocus`}
  ${options.autocomplete && html`autocomplete="${options.autocomplete}"`}
  ${options.inputmode && html`inputmode="${options.inputmode}"`}
  ${(options.spellcheck === false || options.type === 'email') && html`spellcheck="false" autocapitalize="none"`}`;
  const value =
    options.type === 'password' ? '' : (view.typed(options.name) ?? options.value ?? view.value(options.name));
  if (options.rows) return html`<textarea ${attributes} rows="${options.rows}">${`\n${value}`}</textarea>`;
  return html`<input ${attributes} type="${options.type ?? 'text'}" value="${value}" dir="auto" />`;
}

export function describedBy(id: string, hint: string | undefined, errors: string[]): Markup {
  const ids = [hint && `${id}-hint`, errors.length > 0 && `${id}-error`].filter(Boolean).join(' ');
  return html`${ids && html`aria-describedby="${ids}"`} ${errors.length > 0 && html`aria-invalid="true"`}`;
}

/** The first wrong field, else the one the page begins with. */
function focuses(view: View, name: string, first = false): boolean {
  const wrong = Object.keys(view.form.errors)[0];
  return wrong === undefined ? first && !view.form.message : wrong === name;
}

/** Masked, shown on demand (ASVS 6.2.6); without scripts the button stays hidden. */
function withReveal({ texts: { words } }: View, id: string, control: Markup): Markup {
  return html`<div class="with-button">
    ${control}
    <button
      type="button"
      hidden
      data-reveals="${id}"
      data-show="${words.showPassword}"
      data-hide="${words.hidePassword}"
      aria-pressed="false"
      aria-label="${words.showPasswordLabel}"
    >
      ${words.showPassword}
    </button>
  </div>`;
}

export function newPassword(view: View, options: { first?: boolean } = {}): Markup {
  const { fields } = view.texts;
  const hint = view.text(fields.passwordHint, { limit: view.services.settings.password.minLength });
  const common = { type: 'password', autocomplete: 'new-password' };
  return html`${field(view, { ...common, name: 'password', label: fields.newPassword, hint, ...options })}
  ${field(view, { ...common, name: 'passwordConfirmation', label: fields.passwordConfirmation })}`;
}

export function checkbox(view: View, name: string, label: string): Markup {
  const id = `field-${name}`;
  const errors = view.errorsOf(name);
  return html`<div class="check">
    <input
      id="${id}"
      name="${name}"
      type="checkbox"
      value="1"
      ${view.value(name) === '1' && html`checked`}
      ${describedBy(id, undefined, errors)}
    />
    <label for="${id}">${label}</label>
    ${errors.length > 0 && html`<p class="error" id="${id}-error">${errors.join(' ')}</p>`}
  </div>`;
}

/** A form that posts to the route of `handler`. */
export function form(view: View, action: string, content: Markup): Markup {
  return html`<form
    method="post"
    action="${action}"
    data-no-answer="${view.texts.words.noAnswer}"
    data-working="${view.texts.words.working}"
  >
    ${proof(view)} ${content}
  </form>`;
}

/** Browsers that say nothing of where a form came from (an older one, or any on plain http) prove it by the token. */
function proof({ login, services }: View): Markup {
  const wanted = services.settings.csrf.require === 'token' && login?.sessionId;
  return html`${wanted && hidden(csrfField, csrfTokenOf(wanted))}`;
}

/** A form that is nothing but its buttons. */
export function emptyForm(view: View, action: string, content: Markup): Markup {
  return html`${action && form(view, action, content)}`;
}

export function button(label: string, { kind = '', confirm = '', name = '', value = '' } = {}): Markup {
  return html`<button
    ${kind && html`class="${kind}"`}
    ${confirm && html`data-confirm="${confirm}"`}
    ${name && html`name="${name}" value="${value}"`}
  >
    ${label}
  </button>`;
}

export interface ChoiceOptions {
  name: string;
  label: string;
  value: string;
  options: [value: string, label: string][];
}

/** One of a few; what was typed wins over what is stored. */
export function choice(view: View, { name, label, value, options }: ChoiceOptions): Markup {
  const id = `field-${name}`;
  const errors = view.errorsOf(name);
  const chosen = view.typed(name) ?? value;
  return html`<div class="field">
    <label for="${id}">${label}</label>
    <select id="${id}" name="${name}" ${describedBy(id, undefined, errors)}>
      ${options.map(([value, text]) => html`<option value="${value}" ${value === chosen && html`selected`}>${text}</option>`)}
    </select>
    ${errors.length > 0 && html`<p class="error" id="${id}-error">${errors.join(' ')}</p>`}
  </div>`;
}

/** A browser that keeps passwords wants to know whose this one is. */
export function userNameForBrowsers({ login }: View): Markup {
  return html`<input
    class="aside"
    name="username"
    value="${login?.user.username ?? ''}"
    autocomplete="username"
    readonly
    tabindex="-1"
    aria-hidden="true"
  />`;
}

export function submit(label: string): Markup {
  return html`<p class="submit"><button class="primary">${label}</button></p>`;
}

export function hidden(name: string, value: string): Markup {
  return html`<input type="hidden" name="${name}" value="${value}" />`;
}

/** Other ways from here; one whose route is not served is left out. */
export function ways(...links: [path: string, label: string][]): Markup {
  const served = links.filter(([path]) => path);
  if (served.length === 0) return html``;
  return html`<ul class="ways">
    ${served.map(([path, label]) => html`<li><a href="${path}">${label}</a></li>`)}
  </ul>`;
}

/** What is wrong or done, said at once to screen readers; with it the messages of fields the page does not show. */
export function messageBox(message: Message | undefined, others: string[]): Markup {
  if (!message && others.length === 0) return html``;
  const role = message?.kind === 'good' ? 'status' : 'alert';
  return html`<div class="message ${message?.kind ?? 'bad'}" role="${role}" tabindex="-1">
    ${message && html`<p>${message.text}</p>`} ${others.map((text) => html`<p>${text}</p>`)}
  </div>`;
}
