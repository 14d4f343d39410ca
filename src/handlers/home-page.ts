import { loginOf } from '../http/session.js';
import { pathOf } from '../pages/view.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const homePage: HandlerDefinition = {
  name: 'home-page',
  description: 'Leads to the account page, or to the form for signing in.',
  changesState: false,
  page: true,
  create({ services }) {
    return async (ctx) => {
      const login = await loginOf(ctx, services);
      ctx.set('Location', pathOf(services, login ? 'account-page' : 'login-page') + ctx.search);
      ctx.status = 303;
      ctx.body = '';
    };
  },
};
