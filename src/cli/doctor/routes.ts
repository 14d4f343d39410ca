import { lintSettings } from '../../config/lint.js';
import { describeMistake, type Mistake } from '../../errors.js';
import { openRoutes } from '../../routes/open.js';
import { vocabulary } from '../../vocabulary.js';
import { ok, type Examination, type Finding } from './finding.js';

/** What `gatehouse check --strict` says. @throws Misconfiguration */
export const examineRoutes: Examination = async ({ loaded, settings }) => {
  const { entries, warnings } = await openRoutes(settings.routesFile, { vocabulary, settings });
  const all = [...lintSettings(loaded), ...warnings];
  if (all.length > 0) return all.map(asWarning);
  return [ok(`${settings.routesFile} has ${entries.length} routes without a mistake.`)];
};

function asWarning(mistake: Mistake): Finding {
  const [message = ''] = describeMistake(mistake).split('\n');
  return { state: 'warning', message };
}
