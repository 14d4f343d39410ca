/** better-auth over its memory adapter, the fastest of its stores. */
import { createServer } from 'node:http';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { toNodeHandler } from 'better-auth/node';
import { listen, password, user } from './common.js';

const database = { user: [], session: [], account: [], verification: [] };
const auth = betterAuth({
  secret: 'a secret with at least thirty-two characters',
  baseURL: `http://127.0.0.1:${process.env.PORT}`,
  database: memoryAdapter(database),
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  logger: { disabled: true },
});
await auth.api.signUpEmail({ body: { email: user.email, password, name: user.name } });
listen(createServer(toNodeHandler(auth)));
