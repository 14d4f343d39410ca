/** Subject and text part of a mail as we write them ourselves: enough of RFC 2045 to 2047 for that, and no more. */
export function readMail(raw: string): { subject: string; text: string } {
  const { headers, body } = split(raw.replaceAll('\r\n', '\n'));
  const boundary = /boundary="?([^";\s]+)/.exec(headers.get('content-type') ?? '')?.[1];
  const parts = boundary ? body.split(`--${boundary}`).slice(1).map(split) : [{ headers, body }];
  const plain = parts.find((part) => (part.headers.get('content-type') ?? 'text/plain').startsWith('text/plain'));
  return { subject: words(headers.get('subject') ?? ''), text: plain ? decoded(plain).trim() : '' };
}

interface Part {
  headers: Map<string, string>;
  body: string;
}

function split(text: string): Part {
  const start = text.replace(/^\n+/, '');
  const end = start.indexOf('\n\n');
  const lines = start
    .slice(0, end)
    .replaceAll(/\n[ \t]+/g, ' ')
    .split('\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { headers: new Map(headers), body: start.slice(end + 2) };
}

function decoded({ headers, body }: Part): string {
  const encoding = headers.get('content-transfer-encoding') ?? '';
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString();
  return encoding === 'quoted-printable' ? quotedPrintable(body.replaceAll('=\n', '')) : body;
}

function quotedPrintable(text: string): string {
  return Buffer.from(
    text.replaceAll(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  ).toString();
}

/** Encoded words (RFC 2047); the blank between two of them is none. */
function words(text: string): string {
  return text
    .replaceAll(/\?=\s+=\?/g, '?==?')
    .replaceAll(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, kind: string, word: string) =>
      kind.toLowerCase() === 'b' ? Buffer.from(word, 'base64').toString() : quotedPrintable(word.replaceAll('_', ' ')),
    );
}
