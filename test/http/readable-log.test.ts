import { expect, test } from '@jest/globals';
import { readable } from '../../src/http/readable-log.js';

const time = new Date(2026, 10, 21, 12, 0, 1).getTime();

test('on a terminal a request is one line that is read at a glance', () => {
  const line = {
    level: 30,
    time,
    requestId: 'x-1',
    method: 'GET',
    path: '/api/ping',
    status: 200,
    ms: 0.4,
    msg: 'request',
  };
  expect(readable(JSON.stringify(line))).toBe('12:00:01 info  request GET /api/ping 200, 0.4 ms, requestId=x-1\n');
});

test('an error brings its story, and nothing a client sent acts on the terminal', () => {
  const err = { type: 'Error', message: 'no', stack: 'Error: no\n    at \u001b[31mhere' };
  const line = { level: 50, time, err, route: 'a\u001b]0;title\u0007\n', facts: { n: 1 }, msg: 'internal error' };
  expect(readable(JSON.stringify(line))).toBe(
    '12:00:01 error internal error, route=a ]0;title  , facts={"n":1}\nError: no\n    at  [31mhere\n',
  );
});
