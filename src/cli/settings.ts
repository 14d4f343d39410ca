import { loadSettings } from '../config/load.js';
import type { Settings } from '../config/settings.js';
import type { Services } from '../auth/services.js';

/** The settings of this environment and folder. @throws Misconfiguration */
export function settingsHere(): Settings {
  return loadSettings({ env: process.env, cwd: process.cwd() });
}

/** Runs a command's work with everything opened, and gives it back afterwards. */
export async function withServices<T>(work: (services: Services) => Promise<T>): Promise<T> {
  const [{ openServices }, { commandLog }] = await Promise.all([import('../gatehouse.js'), import('../http/log.js')]);
  const { services, close } = await openServices(settingsHere(), { log: commandLog(), sending: false });
  try {
    return await work(services);
  } finally {
    await close();
  }
}

/** What a command line counts as: there is no client address. */
export const commandLine = { address: 'command line', userAgent: '', requestId: '' };
