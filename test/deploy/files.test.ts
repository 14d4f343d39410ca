import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { readYaml } from '../../src/lib/yaml.js';
import { loadSettings } from '../../src/config/load.js';
import { runHere } from '../support/run-here.js';
import { temporaryFolder } from '../support/gatehouse.js';

const folder = fileURLToPath(new URL('../../config/deploy/', import.meta.url));
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
const documents = (name: string): Tree[] =>
  parseAllDocuments(read(name), { strict: true, uniqueKeys: true }).map((document) => {
    expect('errors' in document ? document.errors : []).toEqual([]);
    return (document as { toJS(): Tree }).toJS();
  });

type Tree = Record<string, ReturnType<typeof JSON.parse>>;

/** Every name that config/default.yaml reads, and the two that choose files. */
const defaults = readFileSync(join(folder, '..', 'default.yaml'), 'utf8');
const known = new Set(
  [...defaults.matchAll(/\$\{([A-Z_]+)/g)].map((match) => match[1]!).concat('CONFIG_FILE', 'NODE_ENV'),
);
const isKnown = (name: string): boolean => known.has(name) || known.has(name.replace(/_FILE$/, ''));

/** A YAML text with settings, as an operator's CONFIG_FILE. */
function settingsOf(text: string, env: Record<string, string> = {}) {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'gatehouse.yaml'), text);
  const production = { NODE_ENV: 'production', CONFIG_FILE: 'gatehouse.yaml', PUBLIC_URL: 'https://login.example' };
  return loadSettings({ cwd, env: { ...production, ...env } });
}

test('every file of the folder is looked at here or by a test of its own', () => {
  expect(readdirSync(folder).sort()).toEqual(
    [
      'Caddyfile',
      'Containerfile',
      'compose.yaml',
      'gatehouse.service',
      'kubernetes.yaml',
      'nginx.conf',
      'traefik.yaml',
    ].sort(),
  );
});

describe('compose.yaml', () => {
  const [compose] = documents('compose.yaml') as [Tree];
  const { gatehouse, postgres, redis } = compose.services as Record<string, Tree>;

  test('names variables that exist, and secrets, volumes and settings that are declared', () => {
    expect(Object.keys(gatehouse!.environment).filter((name) => !isKnown(name))).toEqual([]);
    for (const service of [gatehouse!, postgres!])
      for (const secret of service.secrets as string[]) expect(compose.secrets).toHaveProperty(secret);
    const paths = Object.values(gatehouse!.environment as Record<string, string>).filter((value) =>
      value.startsWith('/run/'),
    );
    expect(paths.map((path) => path.slice('/run/secrets/'.length)).sort()).toEqual(
      (gatehouse!.secrets as string[]).toSorted(),
    );
    for (const service of [gatehouse!, postgres!, redis!])
      for (const volume of service.volumes as string[]) expect(compose.volumes).toHaveProperty(volume.split(':')[0]!);
  });

  test('its settings are settings, and every secret lies outside of what is built', () => {
    const { trustedProxies } = settingsOf(compose.configs.settings.content as string).http;
    expect(trustedProxies).toContain('172.16.0.0/12');
    for (const { file } of Object.values(compose.secrets) as { file: string }[])
      expect(file).toMatch(/^\.\.\/\.\.\/var\//);
  });

  test('waits for healthy servers, is read-only and has no rights', () => {
    expect(gatehouse!.depends_on).toEqual({
      postgres: { condition: 'service_healthy' },
      redis: { condition: 'service_healthy' },
    });
    for (const server of [postgres!, redis!]) expect(server.healthcheck.test[0]).toBe('CMD');
    expect(gatehouse).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
    expect(gatehouse!.build).toEqual({ context: '../..', dockerfile: 'config/deploy/Containerfile' });
  });
});

describe('kubernetes.yaml', () => {
  const all = documents('kubernetes.yaml');
  const of = (kind: string, name = 'gatehouse'): Tree =>
    all.find((one) => one.kind === kind && one.metadata.name === name)!;
  const pod = of('Deployment').spec.template.spec as Tree;
  const [container] = pod.containers as [Tree];

  test('has a Deployment, its ConfigMaps, its Secret, a Service and a PodDisruptionBudget', () => {
    expect(all.map(({ apiVersion, kind, metadata }) => `${apiVersion} ${kind} ${metadata.name}`)).toEqual([
      'v1 ConfigMap gatehouse-routes',
      'v1 ConfigMap gatehouse-settings',
      'v1 Secret gatehouse',
      'apps/v1 Deployment gatehouse',
      'v1 Service gatehouse',
      'policy/v1 PodDisruptionBudget gatehouse',
    ]);
  });

  test('names variables that exist, volumes that are mounted and labels that are there', () => {
    const secret = of('Secret').stringData as Record<string, string>;
    const names = [...(container.env as Tree[]).map(({ name }) => name as string), ...Object.keys(secret)];
    expect(names.filter((name) => !isKnown(name))).toEqual([]);
    const mounted = (container.volumeMounts as Tree[]).map(({ name }) => name as string);
    expect(mounted.sort()).toEqual((pod.volumes as Tree[]).map(({ name }) => name as string).sort());
    const { labels } = of('Deployment').spec.template.metadata;
    for (const selector of [
      of('Deployment').spec.selector.matchLabels,
      of('Service').spec.selector,
      of('PodDisruptionBudget').spec.selector.matchLabels,
    ])
      expect(selector).toEqual(labels);
    expect(of('Service').spec.ports[0].targetPort).toBe(container.ports[0].name);
  });

  test('its routes and settings pass the check of production', async () => {
    const settings = of('ConfigMap', 'gatehouse-settings').data['gatehouse.yaml'] as string;
    const secret = of('Secret').stringData as Record<string, string>;
    expect(settingsOf(settings, secret).metrics.enabled).toBe(true);
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'routes.yaml'), of('ConfigMap', 'gatehouse-routes').data['routes.yaml'] as string);
    writeFileSync(join(cwd, 'gatehouse.yaml'), settings);
    const env = { ROUTES_FILE: join(cwd, 'routes.yaml'), CONFIG_FILE: join(cwd, 'gatehouse.yaml') };
    const production = { NODE_ENV: 'production', PUBLIC_URL: 'https://login.example', ...secret };
    expect(await runHere(['check', '--strict'], { ...env, ...production })).toMatchObject({ code: 0, stderr: '' });
  });

  test('asks the right paths, is read-only, nobody, and has time to end', () => {
    expect(container.livenessProbe.httpGet.path).toBe('/health/live');
    expect(container.readinessProbe.httpGet.path).toBe('/health/ready');
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(5 + settingsOf('{}').http.drainSeconds);
    expect(of('PodDisruptionBudget').spec.minAvailable).toBeLessThan(of('Deployment').spec.replicas);
  });
});

describe('gatehouse.service', () => {
  const unit = read('gatehouse.service');
  const all = (name: string): string[] =>
    [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map((match) => match[1]!);

  test('names variables and commands that exist, and exit codes that are ours', () => {
    const names = all('Environment').flatMap((line) => line.split(' ').map((pair) => pair.split('=')[0]!));
    expect(names.filter((name) => !isKnown(name))).toEqual([]);
    expect([...all('ExecStartPre'), ...all('ExecStart')]).toEqual([
      '/usr/bin/node dist/main.js check',
      '/usr/bin/node dist/main.js serve',
    ]);
    expect(all('RestartPreventExitStatus')).toEqual(['78']);
    expect(Number(all('TimeoutStopSec')[0])).toBeGreaterThan(settingsOf('{}').http.drainSeconds);
  });

  const analyze = '/usr/bin/systemd-analyze';
  if (!existsSync(analyze))
    process.stdout.write('skipped: systemd-analyze verify, there is no systemd on this machine\n');
  (existsSync(analyze) ? test : test.skip)('systemd finds no mistake in it', () => {
    const file = join(temporaryFolder(), 'gatehouse.service');
    // wherever Node.js is on this machine
    writeFileSync(file, unit.replaceAll('/usr/bin/node', process.execPath));
    const run = () => execFileSync(analyze, ['verify', '--man=no', file], { encoding: 'utf8', stdio: 'pipe' });
    expect(run()).toBe('');
  });
});

describe('traefik.yaml', () => {
  const { routers, middlewares, services } = (readYaml(join(folder, 'traefik.yaml')).value as Tree).http as Tree;

  test('its routers name middleware and services that are there, and ask where Gatehouse answers', () => {
    for (const { service, middlewares: names = [] } of Object.values(routers) as Tree[]) {
      expect(services).toHaveProperty(service as string);
      for (const name of names as string[]) expect(middlewares).toHaveProperty(name);
    }
    expect(middlewares.gatehouse.forwardAuth).toEqual({
      address: 'http://127.0.0.1:3000/verify',
      authResponseHeaders: ['X-User-Id', 'X-User-Name', 'X-User-Groups'],
    });
    expect(services.gatehouse.loadBalancer.healthCheck.path).toBe('/health/ready');
  });
});
