import type { Problem } from '../errors.js';

/** What is wrong with the language or the time zone somebody wants; '' is the site's. */
export function localeProblems({ language = '', timezone = '' }: { language?: string; timezone?: string }): Problem[] {
  return [
    ...(isLanguage(language) ? [] : [{ field: 'language', code: 'choice' as const }]),
    ...(isTimezone(timezone) ? [] : [{ field: 'timezone', code: 'choice' as const }]),
  ];
}

/** BCP 47, as far as its form goes. */
function isLanguage(text: string): boolean {
  return text === '' || /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$/.test(text);
}

function isTimezone(text: string): boolean {
  if (text === '') return true;
  try {
    return text.length <= 64 && Boolean(new Intl.DateTimeFormat('en', { timeZone: text }));
  } catch {
    return false;
  }
}
