import { findOneTimeAccount } from '../auth/one-time-account.js';
import { Refusal } from '../errors.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const oneTimeAccount: HandlerDefinition = {
  name: 'one-time-account',
  description: 'Sends whoever opens a one-time account’s link to the page with the one click; consumes nothing.',
  changesState: false,
  page: true,
  answers: [{ status: 302, description: 'To the page with the one click.' }],
  refuses: () => ['not-found'],
  leadsTo: () => ['one-time-account-page'],
  create({ services }) {
    return async (ctx) => {
      const token = ctx.params.hash ?? '';
      await findOneTimeAccount(services, token);
      const path = services.pathOf('one-time-account-page');
      if (!path) throw new Refusal('not-found');
      ctx.status = 302;
      ctx.set('Location', `${path}?token=${token}`);
      ctx.body = '';
    };
  },
};
