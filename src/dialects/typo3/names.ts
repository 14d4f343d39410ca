import type { Problem, ProblemCode } from '../../errors.js';

const longest = 255;

const rules: { code: ProblemCode; broken: (name: string) => boolean; values?: Problem['values'] }[] = [
  {
    code: 'too-long',
    broken: (name) => name.length > 2 * longest || Array.from(name).length > longest,
    values: { max: longest },
  },
  { code: 'invalid', broken: (name) => hidden.test(name) || name !== name.trim() || mixesScripts(name) },
];

/** Nothing that cannot be seen: control characters, fillers, marks that turn the reading direction. */
const hidden = /[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]|\s\s/u;

/** One word in letters of two alphabets whose letters look alike is somebody who wants to be taken for somebody else. */
function mixesScripts(name: string): boolean {
  const scripts = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u];
  return name.split(/[^\p{L}\p{M}]+/u).some((word) => scripts.filter((script) => script.test(word)).length > 1);
}

/** User names that visitors may choose; an empty one is only that. */
export function nameProblems(name: string): Problem[] {
  if (name === '') return [{ field: 'username', code: 'required' }];
  const problem = rules.find(({ broken }) => broken(name));
  return problem
    ? [{ field: 'username', code: problem.code, ...(problem.values ? { values: problem.values } : {}) }]
    : [];
}
