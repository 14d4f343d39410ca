import { auditOf, type AuditFilter } from '../../auth/administration.js';
import { inputReader } from '../../http/input.js';
import type { HandlerDefinition } from '../../routes/contract.js';
import { paging } from './request.js';

const input = {
  type: 'object',
  properties: {
    type: { type: 'string', maxLength: 60, description: 'what happened: login, loginFailed, passwordChanged …' },
    user: { type: 'string', maxLength: 255, description: 'name, address or id' },
    address: { type: 'string', maxLength: 60 },
    since: { type: 'integer', description: 'milliseconds since 1970' },
    before: { type: 'integer', description: 'milliseconds since 1970' },
    ...paging,
  },
};

export const listAudit: HandlerDefinition = {
  name: 'admin-audit',
  description: 'The audit log, newest first, by what happened, to whom, from where and when.',
  says: 'done',
  changesState: false,
  input,
  create({ services, dialect }) {
    const say = dialect.say.done!;
    const read = inputReader<AuditFilter>(input);
    return async (ctx) => say(ctx, services, { entries: await auditOf(services, await read(ctx, services)) });
  },
};
