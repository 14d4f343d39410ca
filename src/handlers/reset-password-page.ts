import { html } from '../pages/html.js';
import { sendPage } from '../pages/page.js';
import type { HandlerDefinition } from '../routes/contract.js';

export const resetPasswordPage: HandlerDefinition = {
  name: 'reset-password-page',
  description: 'The page a reset mail links to: a form for the new password. Opening it consumes nothing.',
  changesState: false,
  create({ services }) {
    return (ctx) => {
      const token = String(ctx.query.token ?? '');
      sendPage(
        ctx,
        'Set a new password',
        html`<form method="post" action="${services.pathOf('reset-password')}">
          <input type="hidden" name="token" value="${token}" />
          <label for="password">New password</label>
          <input id="password" name="password" type="password" autocomplete="new-password" required />
          <label for="passwordConfirmation">Repeat it</label>
          <input
            id="passwordConfirmation"
            name="passwordConfirmation"
            type="password"
            autocomplete="new-password"
            required
          />
          <button>Save</button>
        </form>`,
      );
    };
  },
};
