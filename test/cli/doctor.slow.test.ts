import { afterEach, describe, expect, test } from '@jest/globals';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { doctor } from '../support/doctor.js';

describe('servers that accept and never answer', () => {
  let silent: Server | undefined;
  afterEach(() => void silent?.close());

  test('are given up, all at the same time', async () => {
    silent = createServer((socket) => void socket.on('error', () => {}).unref());
    await new Promise<void>((resolve) => silent!.listen(0, '127.0.0.1', resolve));
    const at = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const { code, of } = await doctor(
      {
        REDIS_URL: `redis://${at}`,
        SMTP_URL: `smtp://${at}`,
        DATABASE_URL: `postgres://${at}/a`,
        PUBLIC_URL: `http://${at}`,
      },
      { database: { connectTimeoutMs: 1000, statementTimeoutMs: 1000 } },
    );
    expect(code).toBe(1);
    for (const check of ['database', 'redis', 'mail']) expect(of(check)[0]).toMatch(/^problem: /);
    expect(of('address')[0]).toMatch(/no answer in 3 seconds/);
  });
});
