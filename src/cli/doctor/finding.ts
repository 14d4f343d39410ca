import type { LoadedSettings } from '../../config/load.js';
import type { Settings } from '../../config/settings.js';
import type { Around } from './around.js';

/** `warning`: works, but somebody will be surprised. `problem`: something does not work. */
export type State = 'ok' | 'warning' | 'problem';

export interface Finding {
  state: State;
  /** what is the matter, as a sentence */
  message: string;
  /** what to do about it */
  advice?: string;
  /** `gatehouse check` would refuse it, too: exit code 78 */
  misconfigured?: true;
}

export interface Patient {
  loaded: LoadedSettings;
  settings: Settings;
  /** what answers where the server should, asked once */
  around: Promise<Around>;
}

/** One thing the doctor looks at. It may fail: the reason then is the finding. */
export type Examination = (patient: Patient) => Promise<Finding[]>;

export const ok = (message: string): Finding => ({ state: 'ok', message });
export const warning = (message: string, advice: string): Finding => ({ state: 'warning', message, advice });
export const problem = (message: string, advice: string): Finding => ({ state: 'problem', message, advice });
