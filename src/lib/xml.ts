import { SaxesParser } from 'saxes';

/** The text is no XML we read: not well-formed, with a document type, mixed or too deep. */
export class XmlMistake extends Error {
  override readonly name = 'XmlMistake';
}

/** What an element holds: its text, or its children by name; a name that is there several times is a list. */
export type XmlValue = string | XmlValue[] | { [name: string]: XmlValue };

const deepest = 32;

/**
 * Answers what the root element holds. Attributes, comments and processing instructions say nothing here. A document
 * type is refused, so there is nothing an entity could expand to or fetch (ASVS 1.5.1); the five of XML itself are read.
 * @throws XmlMistake
 */
export function parseXml(text: string): XmlValue {
  // no XML holds half a character, and saxes ends in a RangeError where one is the last of a declaration
  if (/\p{Cs}/u.test(text)) mistaken('half of a surrogate pair');
  const parser = new SaxesParser();
  const open: Element[] = [];
  let root: XmlValue | undefined;

  parser.on('error', (error) => mistaken(error.message));
  parser.on('doctype', () => mistaken('document types are not allowed'));
  parser.on('opentag', ({ name }) => {
    if (open.length === deepest) mistaken('nested too deeply');
    open.push({ name, text: '', children: [] });
  });
  parser.on('text', (part) => addText(open, part));
  parser.on('cdata', (part) => addText(open, part));
  parser.on('closetag', () => {
    const element = open.pop()!;
    const value = valueOf(element);
    const parent = open.at(-1);
    if (parent) parent.children.push([element.name, value]);
    else root = value;
  });
  parser.write(text).close();
  return root ?? mistaken('there is no element');
}

interface Element {
  name: string;
  text: string;
  children: [string, XmlValue][];
}

function addText(open: Element[], text: string): void {
  const element = open.at(-1);
  if (element) element.text += text;
}

function valueOf({ text, children }: Element): XmlValue {
  if (children.length === 0) return text;
  if (text.trim() !== '') mistaken('an element holds text or elements, not both');
  const byName = new Map<string, XmlValue[]>();
  for (const [name, value] of children) {
    const values = byName.get(name);
    if (values) values.push(value);
    else byName.set(name, [value]);
  }
  // fromEntries defines own properties: an element named __proto__ is one like any other
  return Object.fromEntries([...byName].map(([name, values]) => [name, values.length === 1 ? values[0]! : values]));
}

function mistaken(message: string): never {
  throw new XmlMistake(message);
}

/**
 * The document `<name>…</name>` for plain values: a list is its element several times (`item` where it has no name),
 * true and false are 1 and 0, null is an empty element.
 */
export function writeXml(name: string, value: unknown): string {
  return `<?xml version="1.0"?>\n${element(name, value)}\n`;
}

function element(name: string, value: unknown): string {
  const content = contentOf(value);
  return content === '' ? `<${name}/>` : `<${name}>${content}</${name}>`;
}

function contentOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'string') return escapeText(value);
  if (typeof value !== 'object') return escapeText(`${value as number}`);
  if (Array.isArray(value))
    return value.map((one, index) => element('item', one).replace('<item', `<item key="${index}"`)).join('');
  return Object.entries(value)
    .map(([name, child]) => elements(name, child))
    .join('');
}

function elements(name: string, value: unknown): string {
  return Array.isArray(value) ? value.map((one) => element(name, one)).join('') : element(name, value);
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' };

/** Characters that XML 1.0 cannot hold at all become the sign for that. */
function escapeText(text: string): string {
  return text
    .replaceAll(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Cs}/gu, '\ufffd')
    .replaceAll(/[&<>\r]/g, (character) => escapes[character]!);
}
