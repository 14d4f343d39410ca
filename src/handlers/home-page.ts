import { Refusal } from '../errors.js';
import { loginOf } from '../http/session.js';
import { pathOf } from '../pages/view.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const homePage: HandlerDefinition = {
  name: 'home-page',
  description: 'Leads to the account page, or to the form for signing in.',
  changesState: false,
  page: true,
  answers: [{ status: 303, description: 'To the account, or to the form for signing in.' }],
  refuses: () => ['not-found'],
  leadsTo: () => ['account-page', 'login-page'],
  create({ services }) {
    return async (ctx) => {
      const login = await loginOf(ctx, services);
      const path = pathOf(services, login ? 'account-page' : 'login-page');
      if (!path) throw new Refusal('not-found');
      ctx.set('Location', path + ctx.search);
      ctx.status = 303;
      ctx.body = '';
    };
  },
};
