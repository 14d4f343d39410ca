import { describe, expect, test } from '@jest/globals';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startTracing } from '../../src/tracing/start.js';
import { rightPassword, startTestGatehouse, temporaryFolder } from '../support/gatehouse.js';
import { createRecorder } from '../support/spans.js';

const login = '/api/login/logins/auth';

describe('with a tracer', () => {
  test('a login is one trace: the request, the questions to the stores, the password', async () => {
    const { tracer, spans } = createRecorder();
    const gatehouse = await startTestGatehouse({ tracing: { tracer, close: async () => {} } });
    await gatehouse.addUser();
    expect(spans).toEqual([]);
    await gatehouse.agent().post(login, { username: 'user', password: rightPassword });
    await gatehouse.services.tell.settled();
    const request = spans.find(({ name }) => name === `POST ${login}`)!;
    expect(request.attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': login,
      'http.response.status_code': 200,
      'gatehouse.route': 'login_logins-auth',
    });
    const children = spans.filter(({ parent }) => parent === request.id).map(({ name }) => name);
    expect(children).toEqual(expect.arrayContaining(['users.findByUsername', 'passwords.verify', 'sessions.insert']));
    expect(new Set(spans.map(({ trace }) => trace)).size).toBe(1);
    expect(spans.filter(({ ended, failed }) => !ended || failed)).toEqual([]);
    expect(gatehouse.logged).toContainEqual(expect.objectContaining({ msg: 'request', traceId: request.trace }));
  });

  test('a refusal is named, and nothing a client sent stands in a span', async () => {
    const { tracer, spans } = createRecorder();
    const gatehouse = await startTestGatehouse({ tracing: { tracer, close: async () => {} } });
    await gatehouse.agent().post(`${login}?secret=in-the-query`, { username: 'in-the-name', password: 'in-the-body' });
    await gatehouse.agent().get('/in-the-path', { 'X-Secret': 'in-the-header' });
    expect(spans.map(({ attributes }) => attributes['gatehouse.refused'])).toContain('unknown-user');
    expect(JSON.stringify(spans)).not.toMatch(/in-the-/);
  });
});

describe('without', () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };

  test('a collector named, nothing is loaded and nothing said', async () => {
    const said: string[] = [];
    expect(await startTracing({}, (message) => said.push(message))).toBeUndefined();
    expect(said).toEqual([]);
  });

  test('the SDK installed, the server says what to install and goes on', async () => {
    const said: string[] = [];
    expect(await startTracing(endpoint, (message) => said.push(message), temporaryFolder())).toBeUndefined();
    expect(said).toEqual([
      'OTEL_EXPORTER_OTLP_ENDPOINT is set, but nothing is traced: install the SDK with npm install @opentelemetry/sdk-node',
    ]);
  });

  test('any of it in our own dependencies, the SDK is found beside the operator’s package.json', async () => {
    const folder = temporaryFolder();
    const place = join(folder, 'node_modules', '@opentelemetry', 'sdk-node');
    mkdirSync(place, { recursive: true });
    const text = `export const calls = [];
      export class NodeSDK { constructor({ serviceName }) { calls.push(serviceName); } start() { calls.push('start'); } async shutdown() { calls.push('shutdown'); } }`;
    writeFileSync(
      join(place, 'package.json'),
      '{ "name": "@opentelemetry/sdk-node", "type": "module", "main": "index.js" }',
    );
    writeFileSync(join(place, 'index.js'), text);
    const tracing = await startTracing(endpoint, () => {}, folder);
    await tracing!.close();
    const { calls } = (await import(join(place, 'index.js'))) as { calls: string[] };
    expect(calls).toEqual(['gatehouse', 'start', 'shutdown']);
  });
});
