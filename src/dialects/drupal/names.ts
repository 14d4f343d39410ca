import type { Problem, ProblemCode } from '../../errors.js';

const longest = 60;

/** Letters and digits of any script with their marks, the space and `@+_.'-`; nothing that cannot be seen. */
const allowed = /^[\p{L}\p{M}\p{Nd} @+_.'-]*$/u;
/** Fillers are letters to Unicode; full-width letters look like others that are stored alike. */
const hidden = /[\p{Default_Ignorable_Code_Point}\uff00-\uffef]/u;

const rules: { code: ProblemCode; broken: (name: string) => boolean; values?: Problem['values'] }[] = [
  { code: 'leading-space', broken: (name) => name.startsWith(' ') },
  { code: 'trailing-space', broken: (name) => name.endsWith(' ') },
  { code: 'repeated-spaces', broken: (name) => name.includes('  ') },
  { code: 'invalid', broken: (name) => !allowed.test(name) || hidden.test(name) },
  { code: 'too-long', broken: (name) => Array.from(name).length > longest, values: { max: longest } },
];

/** The rules of Drupal's user names; each that is broken is one problem, an empty name is only that. */
export function nameProblems(name: string): Problem[] {
  if (name === '') return [{ field: 'username', code: 'required' }];
  return rules
    .filter(({ broken }) => broken(name))
    .map(({ code, values }) => ({ field: 'username', code, values: { ...values, value: name } }));
}
