import { findOneTimeAccount } from '../auth/one-time-account.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const oneTimeAccount: HandlerDefinition = {
  name: 'one-time-account',
  description: 'Sends whoever opens a one-time account’s link to the page with the one click; consumes nothing.',
  changesState: false,
  page: true,
  create({ services }) {
    return async (ctx) => {
      const token = ctx.params.hash ?? '';
      await findOneTimeAccount(services, token);
      ctx.status = 302;
      ctx.set('Location', `${services.pathOf('one-time-account-page')}?token=${token}`);
      ctx.body = '';
    };
  },
};
