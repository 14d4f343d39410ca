// Runs the README's shell lines as a reader would: one after the other, in one shell, against a server that `npm start`
// runs in an empty folder. A ```json or ```text block right after a shell block is what its answer must contain.
import { spawn, execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, cpSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

const root = fileURLToPath(new URL('../../', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'gatehouse-readme-'));

/** `<!-- run -->` marks the blocks to run, `<!-- run: as-is -->` is the same. */
function blocks() {
  const pattern = /<!-- run -->\s*```sh\n([\s\S]*?)```(?:\s*```(?:json|text)\n([\s\S]*?)```)?/g;
  return [...readme.matchAll(pattern)].map(([, lines, expected]) => ({ lines, expected }));
}

function start() {
  for (const name of ['package.json', 'routes.yaml']) cpSync(join(root, name), join(folder, name));
  for (const name of ['dist', 'config', 'node_modules']) symlinkSync(join(root, name), join(folder, name));
  const env = { ...process.env, NODE_ENV: 'development', LOG_LEVEL: 'warn' };
  const server = spawn('npm', ['start', '--silent'], {
    cwd: folder,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const printed = new Promise((resolve, reject) => {
    let text = '';
    server.stdout.on('data', (chunk) => {
      text += chunk;
      if (/curl .*password/.test(text)) resolve(text);
    });
    server.on('exit', (code) => reject(new Error(`the server ended with ${code}: ${text}`)));
    setTimeout(() => reject(new Error(`the server did not start in 30 s: ${text}`)), 30_000).unref();
  });
  return { server, printed };
}

function shell(lines, env) {
  return new Promise((resolve) => {
    const script = `set -e\ncd '${folder}'\n[ -f .state ] && . ./.state\n${lines}\ndeclare -p | grep -E '^declare -[-x]+ (PASSWORD|TOKEN|LOGOUT_TOKEN)' > .state || true`;
    execFile('bash', ['-c', script], { env, timeout: 30_000 }, (error, stdout, stderr) =>
      resolve({ error, output: stdout + stderr }),
    );
  });
}

/** The answer contains every line that the README shows; `…` stands for anything. */
function contains(output, expected) {
  const squeezed = output.replace(/\s+/g, '');
  return expected
    .replace(/\s+/g, '')
    .split('…')
    .every((part) => squeezed.includes(part));
}

const { server, printed } = start();
let failed = 0;
let passed = 0;
try {
  const text = await printed;
  const password = /password {2}(\S+)/.exec(text)?.[1];
  const printedLine = /^\s*(curl .*)$/m.exec(text)[1];
  const all = [{ lines: printedLine, expected: '{"redirect":"http://localhost:3000' }, ...blocks()];
  for (const { lines, expected } of all) {
    const { error, output } = await shell(lines, { ...process.env, PASSWORD: password });
    const right = !error && (!expected || contains(output, expected));
    if (right) passed += 1;
    else {
      failed += 1;
      console.error(
        `README lines failed:\n${lines}\nanswered:\n${output}\nexpected:\n${expected ?? '(exit code 0)'}\n${error ?? ''}`,
      );
    }
    await sleep(100);
  }
} catch (error) {
  failed += 1;
  console.error(error.message);
} finally {
  try {
    process.kill(-server.pid, 'SIGTERM');
  } catch {
    // it has ended already
  }
  await sleep(500);
  rmSync(folder, { recursive: true, force: true });
}
console.log(`README: ${passed} blocks as shown, ${failed} not`);
process.exitCode = failed || passed < 2 ? 1 : 0;
