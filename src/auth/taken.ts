import { Refusal, type Problem } from '../errors.js';
import { Taken } from '../stores/contract.js';

/** Turns what only the store knows for sure, that a name was taken in between, into a refusal by field. */
export async function refusingTaken<T>(
  names: Partial<Record<'username' | 'email', string>>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Taken) refuseProblems([taken(error.field, names[error.field] ?? '')]);
    throw error;
  }
}

export function taken(field: 'username' | 'email', value: string): Problem {
  return { field, code: 'taken', values: { value } };
}

export function refuseProblems(problems: Problem[]): void {
  if (problems.length) throw new Refusal('invalid-input', { problems });
}
