/** What can stand in an envelope: no spaces, no control characters, nothing that ends or lists addresses in a header. */
const address = /^[^\s<>@",;:()[\]\\\p{C}]+@[^\s<>@",;:()\\\p{C}]+$/u;

export function isAddress(text: string): boolean {
  return text.length <= 254 && address.test(text);
}

/** `Name <address>` or an address. */
export function parseMailbox(text: string): { name: string; address: string } | undefined {
  const match = /^(?:([^<>\p{Cc}]*)<([^<>]*)>|([^<>]*))$/u.exec(text);
  const found = (match?.[2] ?? match?.[3] ?? '').trim();
  if (!match || !isAddress(found)) return undefined;
  return { name: (match[1] ?? '').trim().replace(/^"(.*)"$/, '$1'), address: found };
}
