import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';

export interface Tested {
  /** from the project's folder */
  file: string;
  /** the test's title as it is written there */
  test: string;
}

interface Common {
  id: string;
  level: 1 | 2 | 3;
  text: string;
}

/** A requirement of OWASP ASVS 5.0 and how it is proven; for the last two the proof is the reason. */
export type Requirement = Common &
  (
    | { status: 'tested'; proof: Tested }
    | { status: 'documented'; proof: { readme: string } | { setting: string } }
    | { status: 'notApplicable' | 'open'; proof: string }
  );

const file = new URL('./requirements.yaml', import.meta.url);

export const requirements = load(readFileSync(file, 'utf8')) as Requirement[];

export const statuses = ['tested', 'documented', 'notApplicable', 'open'] as const;

/** How many requirements of each level have each status, in the order of `statuses`. */
export function scores(): { level: string; counts: number[] }[] {
  const count = (of: Requirement[]): number[] =>
    statuses.map((status) => of.filter((requirement) => requirement.status === status).length);
  const levels = [1, 2, 3].map((level) => ({
    level: String(level),
    counts: count(requirements.filter((requirement) => requirement.level === level)),
  }));
  return [...levels, { level: 'all', counts: count(requirements) }];
}

/** What is not met, with the reason. */
export function openOnes(): { id: string; level: number; text: string; reason: string }[] {
  return requirements.flatMap((requirement) =>
    requirement.status === 'open' ? [{ ...requirement, reason: requirement.proof }] : [],
  );
}
