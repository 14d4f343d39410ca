import { expect, test } from '@jest/globals';
import { startTestGatehouse } from '../support/gatehouse.js';
import { mailedToken } from '../support/links.js';

test('who declares GET for a link’s act, as the original does, is served: the token stands in the path or the query', async () => {
  const routes = `
ask: { path: /ask, methods: POST, handler: magic-link }
page: { path: /page, handler: magic-link-page }
by-path: { path: '/magic/{token}', methods: GET, handler: magic-link-login }
by-query: { path: /magic, methods: GET, handler: magic-link-login }
who: { path: /who, handler: authenticated }
`;
  const gatehouse = await startTestGatehouse({ routes });
  await gatehouse.addUser();
  for (const address of [(token: string) => `/magic/${token}`, (token: string) => `/magic?token=${token}`]) {
    await gatehouse.agent().post('/ask', { email: 'user@example.com' });
    const token = await mailedToken(gatehouse, '/page');
    const agent = gatehouse.agent();
    expect((await agent.call(address(token), { method: 'HEAD' })).status).toBe(405);
    expect((await agent.get(address(token), { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403);
    expect((await agent.get(address(token))).status).toBe(200);
    expect((await agent.get('/who')).json).toEqual({ authenticated: true });
    expect((await agent.get(address(token))).status).toBe(422);
  }
});
