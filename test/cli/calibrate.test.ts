import { expect, test } from '@jest/globals';
import { calibrate, calibrationText, proposeCost } from '../../src/cli/calibrate.js';

test('calibrating measures this machine and proposes a cost that is safe in production', async () => {
  const result = await calibrate({ targetMilliseconds: 1, from: 9 });
  expect(result.rows.map(({ cost }) => cost)).toEqual([9, 10]);
  const ten = result.rows[1];
  expect(ten!.loginsPerSecondPerCore).toBeCloseTo(1000 / ten!.milliseconds);
  expect(result.proposed).toBe(10);
  expect(calibrationText(result)).toMatch(
    /\n +10 +[\d.]+ +[\d.]+ +[\d.]+ {2}← proposed\n[^]*set password\.cost to 10\.\n$/,
  );
});

test('the highest cost within the target is proposed', () => {
  const row = (cost: number, milliseconds: number) => ({
    cost,
    milliseconds,
    loginsPerSecondPerCore: 1,
    loginsPerSecond: 3,
  });
  const rows = [row(9, 30), row(10, 60), row(11, 121), row(12, 242), row(13, 480)];
  expect([10, 60, 125, 250, 1000].map((target) => proposeCost(rows, target))).toEqual([10, 10, 11, 12, 13]);
  const result = { engine: 'bcryptjs', workers: 3, targetMilliseconds: 250, rows, proposed: 12 };
  expect(calibrationText(result)).toContain('the 3 threads that hash here');
});
