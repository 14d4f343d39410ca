import Handlebars from 'handlebars';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Misconfiguration } from '../errors.js';
import type { Settings } from '../config/settings.js';
import { packageFolder } from '../lib/package-folder.js';
import { contextOf, mailNames, sampleLetter, type Letter, type MailContext, type MailName } from './messages.js';

/** Stands beside the sources and is published with them. */
export const shippedTemplates = join(packageFolder, 'src/mail/templates');

export interface Rendered {
  subject: string;
  text: string;
  html: string;
  language: string;
}

export interface Templates {
  render(letter: Letter): Rendered;
}

interface Template {
  language: string;
  subject: Handlebars.TemplateDelegate<MailContext>;
  text: Handlebars.TemplateDelegate<MailContext>;
  html: Handlebars.TemplateDelegate<Omit<MailContext, 'url'> & { url: Handlebars.SafeString }>;
}

/**
 * A mail is one file, `<language>/<name>.txt`: the subject, an empty line, paragraphs. `[label](url)` alone in a paragraph is
 * the action, indented lines are details. The HTML part is made of the same file and `layout.html`, or of
 * `<language>/<name>.html` where there is one. Files of `mail.templates` come before the shipped ones.
 * @throws Misconfiguration when one of the operator's templates cannot be used
 */
export function loadTemplates(settings: Settings): Templates {
  const folders = [settings.mail.templates, shippedTemplates].filter((folder) => folder !== '');
  const known = new Map<string, Template>();
  const layout = compile(folders, 'layout.html', read(folders, 'layout.html')!, false);

  function find(name: MailName, language: string): Template {
    const key = `${name} ${language}`;
    const template = known.get(key) ?? load(folders, name, languagesFor(language, settings.mail.language));
    known.set(key, template);
    return template;
  }

  function render(letter: Letter): Rendered {
    const template = find(letter.name, letter.user?.language ?? '');
    const { language } = template;
    const context = contextOf(letter, settings, language);
    const subject = template.subject(context).replaceAll(/\s+/g, ' ').trim();
    const html = layout({ subject, language, content: template.html({ ...context, url: hrefOf(context.url) }) });
    return { subject, text: `${template.text(context).trim()}\n`, html, language };
  }

  if (settings.mail.templates) checkOwn(settings, render);
  return { render };
}

/** Own templates are rendered once at start: a mistake in one must not wait for the day the mail is needed. */
function checkOwn(settings: Settings, render: Templates['render']): void {
  const folder = settings.mail.templates;
  if (!existsSync(folder)) throw wrong(folder, 'there is no such folder');
  for (const name of mailNames) {
    for (const language of ['', 'en', 'de']) {
      const letter = sampleLetter(name, settings, 0);
      try {
        render({ ...letter, user: { ...letter.user!, language } });
      } catch (error) {
        if (error instanceof Misconfiguration) throw error;
        throw wrong(folder, `the mail "${name}" cannot be made: ${(error as Error).message}`);
      }
    }
  }
}

function wrong(folder: string, message: string): Misconfiguration {
  return new Misconfiguration([{ key: 'mail.templates', message: `${folder}: ${message}` }]);
}

/** `de-AT` → de-at, de, the configured language, English. */
function languagesFor(wanted: string, configured: string): string[] {
  const languages = [wanted, wanted.split('-')[0]!, configured, configured.split('-')[0]!, 'en'];
  return [...new Set(languages.map((language) => language.toLowerCase()))].filter((one) => /^[a-z0-9-]+$/.test(one));
}

function load(folders: string[], name: MailName, languages: string[]): Template {
  for (const language of languages) {
    const file = `${language}/${name}.txt`;
    const source = read(folders, file);
    if (source !== undefined) return { language, ...parse(folders, file, source) };
  }
  throw new Error(`there is no template for the mail "${name}"`);
}

function parse(folders: string[], file: string, source: string): Omit<Template, 'language'> {
  const match = /^Subject:[ \t]*(\S.*)\n\s*\n([^]*)$/.exec(source.replaceAll('\r\n', '\n'));
  if (!match) throw wrong(file, 'begins with "Subject: …" and an empty line');
  const [, subject = '', body = ''] = match;
  const own = read(folders, file.replace(/txt$/, 'html'));
  return {
    subject: compile(folders, file, subject, true),
    text: compile(folders, file, textSource(body), true),
    html: compile(folders, file, own ?? htmlSource(body), false),
  };
}

function read(folders: string[], file: string): string | undefined {
  const path = folders.map((folder) => join(folder, file)).find((candidate) => existsSync(candidate));
  return path && readFileSync(path, 'utf8');
}

/** Strict: a name that does not exist is an error, not a gap in the mail. Templates cannot run code. */
function compile(folders: string[], file: string, source: string, plain: boolean): Handlebars.TemplateDelegate {
  try {
    Handlebars.parse(source);
  } catch (error) {
    throw wrong(folders[0]!, `${file}: ${(error as Error).message}`);
  }
  return Handlebars.compile(source, { strict: true, noEscape: plain, knownHelpersOnly: true });
}

/** Handlebars would write `&#x3D;` for the `=` of `?token=`; legal, but nobody finds the link who looks into the source. */
function hrefOf(url: string): Handlebars.SafeString {
  return new Handlebars.SafeString(Handlebars.escapeExpression(url).replaceAll('&#x3D;', '='));
}

const action = /^\[([^\]]+)\]\((\{\{url\}\})\)$/;

function textSource(body: string): string {
  return paragraphs(body)
    .map((paragraph) => paragraph.replace(action, '$1:\n$2'))
    .join('\n\n');
}

function htmlSource(body: string): string {
  return paragraphs(body).map(htmlParagraph).join('\n');
}

function htmlParagraph(paragraph: string): string {
  const link = action.exec(paragraph);
  if (link) return `<p><a class="action" href="${link[2]}">${escapeStatic(link[1]!)}</a></p>`;
  if (!/^ {2}/.test(paragraph)) return `<p>${escapeStatic(paragraph)}</p>`;
  const lines = paragraph.split('\n').map((line) => escapeStatic(line.trim()));
  return `<p class="details">${lines.join('<br>\n')}</p>`;
}

function paragraphs(body: string): string[] {
  return body
    .split(/\n[ \t]*\n/)
    .map((paragraph) => paragraph.trimEnd().replace(/^\n+/, ''))
    .filter((paragraph) => paragraph.trim() !== '');
}

/** The text around the expressions; the expressions themselves are escaped by Handlebars, `{{{…}}}` is no way around it. */
function escapeStatic(source: string): string {
  return source
    .replaceAll(/\{{3,}/g, '{{')
    .replaceAll(/\}{3,}/g, '}}')
    .split(/(\{\{[^]*?\}\})/)
    .map((part) => (part.startsWith('{{') ? part : Handlebars.escapeExpression(part)))
    .join('');
}
