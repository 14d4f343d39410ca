/** Order matters: Edge and Opera say Chrome too, Chrome says Safari, Android says Linux, iPads say Mac. */
const browsers: [RegExp, string][] = [
  [/\bEdgA?\/|\bEdgiOS\//, 'Edge'],
  [/\bOPR\/|\bOpera\b/, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bCriOS\/|\bChrome\//, 'Chrome'],
  [/\bVersion\/.*\bSafari\//, 'Safari'],
  [/^curl\//, 'curl'],
];
const systems: [RegExp, string][] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
];

/**
 * `Firefox, Windows`, or '' when nothing of it is known. Never the text itself: whoever sends it chooses it, and it ends up
 * in mails and on pages.
 */
export function describeDevice(userAgent: string): string {
  const text = userAgent.slice(0, 500);
  const find = (known: [RegExp, string][]) => known.find(([pattern]) => pattern.test(text))?.[1];
  return [find(browsers), find(systems)].filter((word) => word !== undefined).join(', ');
}
