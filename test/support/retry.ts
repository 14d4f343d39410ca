import { jest } from '@jest/globals';

/**
 * On a shared machine a process may be held up for seconds while a real server, browser or time-out is waited for. CI gives
 * such a test another try and shows what failed before; here a failure is a failure.
 */
if (process.env.CI) jest.retryTimes(2, { logErrorsBeforeRetry: true });
