import { html } from '../html.js';
import type { Page } from '../page.js';
import { choice, field, form, submit, ways } from '../parts.js';

export const accountProfile: Page = {
  name: 'account-profile-page',
  description: 'The form for the names and the language of whoever is signed in.',
  kind: 'card',
  next: 'account-page',
  title: ({ texts }) => texts.account.profileTitle,
  content(view) {
    const { user } = view.login!;
    const { account, fields, words } = view.texts;
    const common = { optional: true };
    const languages = [...view.look.languages].map(([name, { language }]): [string, string] => [name, language]);
    const inputs = html`${field(view, { ...common, name: 'firstName', label: fields.firstName, autocomplete: 'given-name', value: user.firstName })}
    ${field(view, { ...common, name: 'lastName', label: fields.lastName, autocomplete: 'family-name', value: user.lastName })}
    ${field(view, { ...common, name: 'company', label: fields.company, autocomplete: 'organization', value: user.company })}
    ${field(view, { ...common, name: 'telephone', label: fields.telephone, type: 'tel', autocomplete: 'tel', value: user.telephone })}
    ${choice(view, { name: 'language', label: fields.language, value: user.language, options: [['', fields.siteLanguage], ...languages] })}
    ${submit(account.profileSubmit)}`;
    return html`${form(view, view.action('change-profile'), inputs)} ${ways([view.path('account-page'), words.back])}`;
  },
};
