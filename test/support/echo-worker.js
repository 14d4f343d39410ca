import { parentPort } from 'node:worker_threads';

/** Does what a job says, so that tests of the pool need no real work. */
const tricks = {
  exit: () => process.exit(3),
  throw: () => {
    throw new Error('thrown in the thread');
  },
  hang: () => {},
};

parentPort.on('message', (job) => (tricks[job] ?? ((text) => parentPort.postMessage(text)))(job));
