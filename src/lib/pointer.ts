/** JSON pointers (RFC 6901) as ajv's `instancePath` gives them: '' is the root, '/a/0/b' below it. */
export function pointerParts(pointer: string): string[] {
  if (pointer === '') return [];
  return pointer.replace(/^\//, '').split('/').map(unescapePart);
}

export function pointerTo(...parts: (string | number)[]): string {
  return parts.map((part) => `/${escapePart(String(part))}`).join('');
}

/** As people write it: `/login/middleware/0` → `login.middleware[0]`. */
export function pointerText(pointer: string): string {
  return pointerParts(pointer).reduce((text, part) => {
    if (/^\d+$/.test(part) && text !== '') return `${text}[${part}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}

function escapePart(part: string): string {
  return part.replaceAll('~', '~0').replaceAll('/', '~1');
}

function unescapePart(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
