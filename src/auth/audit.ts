import type { AuthEvent } from '../events.js';
import type { AuditEntry } from '../stores/contract.js';
import type { Services } from './services.js';

const purpose = 'audit';

/**
 * Writes an event into the audit log: what, when, who, from where, with which factor (ASVS 16.2.1, 16.3.1). Each line is
 * sealed with a keyed hash over itself and the line before, so that a change shows (ASVS 16.4.2).
 */
export async function recordEvent({ stores, keys }: Services, event: AuthEvent): Promise<void> {
  const line = lineOf(event);
  await stores.audit.append(line, (previous, id) => keys.sign(purpose, sealed(previous, id, line)));
}

type Line = Omit<AuditEntry, 'id' | 'hash'>;

function lineOf({ type, at, origin, ...rest }: AuthEvent): Line {
  const { userId = null, username = '', ...detail } = rest as { userId?: number; username?: string };
  const { actorId } = origin;
  return {
    at,
    type,
    userId,
    username: storable(username),
    address: storable(origin.address).slice(0, 60),
    requestId: storable(origin.requestId).slice(0, 100),
    // as it will be read again: what is undefined is not there
    detail: JSON.parse(JSON.stringify({ actorId, ...detail, userAgent: storable(origin.userAgent) })) as Record<
      string,
      unknown
    >,
  };
}

/** Typed names may hold what no database column takes and no terminal should see (ASVS 16.4.1). */
function storable(text: string): string {
  return Buffer.from(text.slice(0, 300))
    .toString()
    .replaceAll(/\p{Cc}/gu, '\uFFFD');
}

function sealed(previous: string, id: number, line: Line): string {
  const { at, type, userId, username, address, requestId, detail } = line;
  return JSON.stringify([previous, id, at, type, userId, username, address, requestId, detail]);
}

export interface AuditVerdict {
  /** how many lines were looked at */
  lines: number;
  /** the last line that is as it was written; write it down elsewhere to notice an older copy of the whole log */
  last?: { id: number; hash: string };
  broken?: { id: number; what: 'changed' | 'missing' };
}

const page = 1000;

/** Walks the chain from the oldest line to the newest; once more when the oldest were dropped meanwhile. */
export async function verifyAudit(services: Services): Promise<AuditVerdict> {
  const anchor = await services.stores.audit.anchor();
  const verdict = await walk(services, anchor);
  const moved = verdict.broken && (await services.stores.audit.anchor()) !== anchor;
  return moved ? verifyAudit(services) : verdict;
}

async function walk(services: Services, anchor: string): Promise<AuditVerdict> {
  const { audit } = services.stores;
  const head = await audit.head();
  let verdict: AuditVerdict = { lines: 0 };
  let previous = anchor;
  for (let after = 0; ;) {
    const lines = await audit.query({ after, ascending: true, limit: page });
    for (const line of lines) {
      const what = fault(services, line, previous, verdict.last?.id);
      if (what) return { ...verdict, broken: { id: line.id, what } };
      verdict = { lines: verdict.lines + 1, last: { id: line.id, hash: line.hash } };
      previous = line.hash;
      after = line.id;
    }
    if (lines.length < page) break;
  }
  const end = verdict.last?.id ?? (previous === head.hash ? head.last : 0);
  return end < head.last ? { ...verdict, broken: { id: end + 1, what: 'missing' } } : verdict;
}

function fault({ keys }: Services, line: AuditEntry, previous: string, before: number | undefined) {
  const begins = before === undefined ? previous !== '' || line.id === 1 : line.id === before + 1;
  if (!begins) return 'missing';
  return keys.verify(purpose, sealed(previous, line.id, line), line.hash) ? undefined : 'changed';
}
