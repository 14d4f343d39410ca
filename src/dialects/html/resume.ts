import type { Services } from '../../auth/services.js';

/** What somebody was about to do when they had to sign in: the page, and what they had typed into it. */
export interface Resume {
  path: string;
  page?: string;
  typed?: Record<string, string>;
  /** nothing was typed, only a button pressed */
  pressed?: boolean;
}

const purpose = 'resume';
/** with what a login adds it still fits into the smallest usual body limit */
const longest = 48 * 1024;

/** Sealed, so that nobody else can choose where a login leads (ASVS 3.7.2). Too much to carry: only the way back. */
export function sealResume(services: Services, resume: Resume): string {
  const sealed = services.keys.encrypt(purpose, JSON.stringify(resume));
  if (sealed.length <= longest) return sealed;
  return services.keys.encrypt(purpose, JSON.stringify({ path: resume.path }));
}

export function openResume(services: Services, sealed: string): Resume | undefined {
  const text = sealed ? services.keys.decrypt(purpose, sealed) : undefined;
  return text === undefined ? undefined : (JSON.parse(text) as Resume);
}
