import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { parseXml, writeXml, XmlMistake, type XmlValue } from '../../src/lib/xml.js';

test('elements become names, repeated ones a list, text stays as it was typed', () => {
  const text = '<?xml version="1.0"?>\n<r a="1">\n <name> Bob &amp; <![CDATA[<i>]]></name><t>1</t><t/><!-- x --></r>\n';
  expect(parseXml(text)).toEqual({ name: ' Bob & <i>', t: ['1', ''] });
});

test('character references are read, an empty root is an empty text', () => {
  expect(parseXml('<r><a>&#65;&#x42;&lt;&quot;</a></r>')).toEqual({ a: 'AB<"' });
  expect(parseXml('<r/>')).toBe('');
});

test.each([
  ['a document type', '<!DOCTYPE r><r/>'],
  ['entities that multiply', '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><r><n>&b;</n></r>'],
  ['a file as entity', '<!DOCTYPE r [<!ENTITY f SYSTEM "file:///etc/passwd">]><r><n>&f;</n></r>'],
  ['an entity nobody declared', '<r>&nbsp;</r>'],
  ['text beside elements', '<r>text<a/></r>'],
  ['two roots', '<r/><r/>'],
  ['an element left open', '<r><a></r>'],
  ['nothing', ''],
  ['JSON', '{"name":"bob"}'],
  ['a NUL', '<r>&#0;</r>'],
  ['half a character at the end of a declaration', '<!ENTITY\ud800'],
  ['half a character in a text', '<r>\udc00</r>'],
  ['nesting without end', '<a>'.repeat(20_000)],
])('%s is refused', (_what, text) => {
  expect(() => parseXml(text)).toThrow(XmlMistake);
});

test('a name like __proto__ is an element like any other', () => {
  const value = parseXml('<r><__proto__><admin>1</admin></__proto__></r>') as Record<string, unknown>;
  expect(Object.keys(value)).toEqual(['__proto__']);
  expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
});

test('whatever is written is read back as it was', () => {
  const name = fc.stringMatching(/^[a-z_][a-z0-9_.-]{0,8}$/);
  const text = fc
    .string({ unit: 'grapheme' })
    .map((one) => one.replaceAll(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, ''))
    .filter((one) => one !== '');
  const { value } = fc.letrec<{ value: XmlValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      text,
      fc.dictionary(name, fc.oneof(tie('value'), fc.array(text, { minLength: 2, maxLength: 3 })), {
        minKeys: 1,
        maxKeys: 3,
      }),
    ),
  }));
  fc.assert(fc.property(value, (one) => expect(parseXml(writeXml('response', one))).toEqual(one)));
});

test('any text at all is read or refused as a mistake', () => {
  const pieces = fc.constantFrom(
    '<',
    '>',
    '/',
    '<a>',
    '</a>',
    '<a/>',
    '&',
    ';',
    '&#',
    '<!DOCTYPE',
    '[',
    ']',
    '<!ENTITY',
    '<![CDATA[',
    ']]>',
    '<?xml',
    '?>',
    '"',
    '=',
    'x',
    ' ',
    '\u0000',
    '\ud800',
    'é',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces).map((parts) => parts.join('')),
      ),
      (text) => {
        try {
          parseXml(text);
        } catch (error) {
          expect(error).toBeInstanceOf(XmlMistake);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('what XML cannot hold is replaced, not lost silently', () => {
  expect(writeXml('response', { message: 'a\u0000b\r<&>' })).toBe(
    '<?xml version="1.0"?>\n<response><message>a\ufffdb&#13;&lt;&amp;&gt;</message></response>\n',
  );
});

test('lists, flags and nothing have their forms', () => {
  expect(writeXml('response', { roles: ['a', 'b'], yes: true, no: false, nothing: null, n: 3 })).toBe(
    '<?xml version="1.0"?>\n<response><roles>a</roles><roles>b</roles><yes>1</yes><no>0</no><nothing/><n>3</n></response>\n',
  );
  expect(writeXml('response', ['x'])).toBe('<?xml version="1.0"?>\n<response><item key="0">x</item></response>\n');
});
