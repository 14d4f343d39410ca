import { afterAll, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '../../src/config/load.js';
import { sampleLetter, writeLetter, type MailName } from '../../src/mail/messages.js';
import { loadTemplates, shippedTemplates } from '../../src/mail/templates.js';
import { mailNames, previewMail } from '../../src/mail/tools.js';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-templates-'));
afterAll(() => rmSync(folder, { recursive: true }));

const settings = loadSettings({ env: { PUBLIC_URL: 'https://login.example.org' }, cwd: folder });
const at = Date.UTC(2026, 10, 21, 17, 5);
const every = mailNames.flatMap((name) => ['en', 'de'].map((language) => [name, language] as const));

const subjects: Partial<Record<MailName, string>> = {
  login: 'Security Notice: Someone has logged in to your account.',
  lockout: 'Security Notice: Account has been locked',
  'magic-link': 'Sign in via magic link',
  'reset-request': 'Security Notice: Reset Password request',
  'password-changed': 'Security Notice: Password has been changed',
};

test.each(Object.entries(subjects))('the subject of %s is as published', (name, subject) => {
  expect(previewMail(settings, name).subject).toBe(subject);
});

test.each(every)('%s in %s is whole: subject, text, HTML, and the first link is the action', (name, language) => {
  const url = 'https://login.example.org/?token=example';
  const mail = previewMail(settings, name, language, at);
  expect(mail.language).toBe(language);
  expect(mail.text.match(/https?:\/\/\S+/)?.[0]).toBe(url);
  expect(/href="([^"]*)"/.exec(mail.html)?.[1]).toBe(url);
  expect(mail.html).toMatch(/^<!doctype html>\n<html lang="(en|de)">[^]*<\/html>\n$/);
  for (const part of [mail.subject, mail.text, mail.html]) expect(part).not.toMatch(/\{\{|\}\}|undefined|\[object/);
});

test.each(every)('the text of %s in %s fits a narrow window', (name, language) => {
  const source = readFileSync(join(shippedTemplates, language, `${name}.txt`), 'utf8');
  expect(source.split('\n').filter((line) => line.length > 80)).toEqual([]);
});

test('both languages have the same mails', () => {
  const files = mailNames.map((name) => `${name}.txt`).sort();
  expect(readdirSync(join(shippedTemplates, 'en')).sort()).toEqual(files);
  expect(readdirSync(join(shippedTemplates, 'de')).sort()).toEqual(files);
});

test('the English mails are plain ASCII, so that their links stay whole in the file', () => {
  const wrong = mailNames.filter((name) => !/^[\n\x20-\x7e]*$/.test(previewMail(settings, name, 'en', at).text));
  expect(wrong).toEqual([]);
});

test('times, durations and devices are said in the language of the mail', () => {
  expect(previewMail(settings, 'login', 'en', at).text).toContain('Time: November 21, 2026 at 5:05 PM UTC');
  expect(previewMail(settings, 'login', 'de', at).text).toContain('Zeit: 21. November 2026 um 17:05 UTC');
  expect(previewMail(settings, 'login', 'de', at).text).toContain('Gerät: Firefox, Linux');
  expect(previewMail(settings, 'magic-link', 'de', at).text).toContain('nur 10 Minuten lang');
  expect(previewMail(settings, 'one-time-login', 'en', at).text).toContain('within 24 hours');
});

test('the language is the user’s, else the configured one, else English', () => {
  const german = { ...settings, mail: { ...settings.mail, language: 'de' } };
  expect(previewMail(settings, 'login', 'de-AT').language).toBe('de');
  expect(previewMail(german, 'login', 'fr').language).toBe('de');
  expect(previewMail(settings, 'login', 'fr').language).toBe('en');
  expect(previewMail(settings, 'login', '../../etc').language).toBe('en');
});

test('a mail that does not exist is answered with those that do', () => {
  expect(() => previewMail(settings, 'toString')).toThrow(/there is no mail "toString"; there are login, lockout/);
});

test('what a mail cannot do without is missed when it is posted', () => {
  const mail = { to: 'a@b.example', values: { minutes: 5 } };
  expect(() => writeLetter({ ...mail, template: 'reset-request' }, at)).toThrow('"reset-request" needs url');
  expect(() => writeLetter({ ...mail, template: 'nothing' }, at)).toThrow('there is no mail "nothing"');
});

test('a notice without a link of its own leads to the page for a new password', () => {
  const letter = { ...sampleLetter('login', settings, at), values: {} };
  const own = { ...settings, redirects: { ...settings.redirects, forgotPasswordPage: '/login/forgot' } };
  expect(loadTemplates(own).render(letter).text).toContain('\nhttps://login.example.org/login/forgot\n');
  expect(loadTemplates(settings).render(letter).text).toContain('\nhttps://login.example.org/\n');
});

// (ASVS 1.3.7)
test.each([
  ['<script>alert(1)</script>', /&lt;script&gt;|Hello,/],
  ['Bob\r\nBcc: x@y.example', /Hello Bob Bcc: x@y\.example,/],
  ['Visit https://evil.example/now', /Hello,/],
  ['www.evil.example', /Hello,/],
  ['x'.repeat(10_000), /Hello x{79}…,/],
  ['{{url}} {{{url}}} {{#each this}}', /Hello,|Hello \{\{url\}\}/],
  ['\u202Egnp.exe', /Hello gnp\.exe,/],
])('a name like "%.30s" does no harm', (name, expected) => {
  const sample = sampleLetter('verify-email', settings, at);
  const letter = { ...sample, user: { username: name, firstName: name, lastName: '', name: '', language: 'en' } };
  const { text, html } = loadTemplates(settings).render({
    ...letter,
    values: { url: 'https://ours.example/', hours: 1 },
  });
  expect(text).toMatch(expected);
  expect(text.match(/https?:\/\/\S+/g)).toEqual(['https://ours.example/']);
  expect(text).not.toMatch(/^Bcc|www\./m);
  expect(html).not.toMatch(/<script>|evil\.example\/|www\./);
});

test('own templates come first, the shipped ones fill the gaps', () => {
  const own = settingsWith('own', {
    'en/login.txt': 'Subject: {{username}} & co\n\nHi {{name}} & <all>!\n\n[Go]({{url}})\n',
    'en/approved.html': '<h1>{{name}}</h1>',
    'layout.html': '<b>{{{content}}}</b>',
  });
  const mail = previewMail(own, 'login', 'en', at);
  expect(mail.subject).toBe('anna & co');
  expect(mail.text).toBe('Hi Anna Beispiel & <all>!\n\nGo:\nhttps://login.example.org/?token=example\n');
  expect(mail.html).toMatch(/^<b><p>Hi Anna Beispiel &amp; &lt;all&gt;!<\/p>/);
  expect(previewMail(own, 'login', 'de', at).subject).toBe('Sicherheitshinweis: Anmeldung bei Ihrem Konto');
});

test('an own HTML part replaces the one made of the text', () => {
  const own = settingsWith('html', {
    'en/login.txt': 'Subject: x\n\nplain\n',
    'en/login.html': '<h1>{{name}}</h1>',
    'layout.html': '{{{content}}}',
  });
  expect(previewMail(own, 'login').html).toBe('<h1>Anna Beispiel</h1>');
});

test.each([
  ['a slip in a name', 'Subject: x\n\nHello {{nmae}}\n', /the mail "login" cannot be made: "nmae" not defined/],
  ['a brace too few', 'Subject: x\n\nHello {{name}\n', /en\/login\.txt: Parse error on line/],
  ['no subject', 'Hello\n', /begins with "Subject: …" and an empty line/],
])('an own template with %s is refused at start', (_, source, message) => {
  const own = settingsWith('broken', { 'en/login.txt': source });
  expect(() => loadTemplates(own)).toThrow(message);
});

test('a folder that is not there is refused at start', () => {
  const own = { ...settings, mail: { ...settings.mail, templates: join(folder, 'nowhere') } };
  expect(() => loadTemplates(own)).toThrow(/mail\.templates: .*nowhere: there is no such folder/);
});

function settingsWith(name: string, files: Record<string, string>) {
  const templates = join(folder, name);
  mkdirSync(join(templates, 'en'), { recursive: true });
  for (const [file, source] of Object.entries(files)) writeFileSync(join(templates, file), source);
  return { ...settings, mail: { ...settings.mail, templates } };
}
