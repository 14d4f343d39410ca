import cluster from 'node:cluster';

/** What the supervising process sends to its workers. */
export const stopMessage = 'stop';

/**
 * Resolves when the server shall end: SIGTERM, SIGINT, or a word of the supervising process. A second signal ends it at once,
 * but for a worker: terminals and service managers signal every process, and the supervisor alone decides who is too late.
 */
export function stopAsked(): Promise<void> {
  return new Promise((resolve) => {
    if (cluster.isWorker) return onWorkerStop(resolve);
    const first = (): void => {
      process.once('SIGINT', () => process.exit(130));
      process.once('SIGTERM', () => process.exit(143));
      resolve();
    };
    onceSignalled(first);
  });
}

function onceSignalled(stop: () => void): void {
  const once = (): void => {
    process.off('SIGTERM', once).off('SIGINT', once);
    stop();
  };
  process.on('SIGTERM', once).on('SIGINT', once);
}

function onWorkerStop(stop: () => void): void {
  process.on('SIGTERM', stop).on('SIGINT', stop);
  process.on('message', (message) => {
    if (message === stopMessage) stop();
  });
}
