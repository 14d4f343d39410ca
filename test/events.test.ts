import { expect, test } from '@jest/globals';
import { createTeller, type AuthEvent } from '../src/events.js';

const event: AuthEvent = {
  type: 'logout',
  at: 1,
  origin: { address: '192.0.2.1', userAgent: '', requestId: '' },
  userId: 1,
  username: 'user',
};

test('every listener hears an event, also after another one failed', async () => {
  const heard: string[] = [];
  const failures: unknown[] = [];
  const fails = () => {
    throw new Error('no mail today');
  };
  const tell = createTeller([fails, ({ type }) => void heard.push(type)], (error) => void failures.push(error));
  tell(event);
  expect(heard).toEqual([]);
  await tell.settled();
  expect(heard).toEqual(['logout']);
  expect(failures).toEqual([new Error('no mail today')]);
});

test('what a listener tells in turn is waited for too', async () => {
  const heard: string[] = [];
  const tell = createTeller(
    [
      async ({ type }) => {
        await new Promise(setImmediate);
        heard.push(type);
        if (type === 'logout') tell({ ...event, type: 'approved' });
      },
    ],
    () => {},
  );
  tell(event);
  await tell.settled();
  expect(heard).toEqual(['logout', 'approved']);
});
