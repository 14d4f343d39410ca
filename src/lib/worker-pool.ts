import { Worker } from 'node:worker_threads';

export interface WorkerPool<Job, Result> {
  /** First come, first served. Rejects when `signal` aborts before its turn, when its thread dies, after `close`. */
  run(job: Job, signal?: AbortSignal): Promise<Result>;
  readonly waiting: number;
  readonly running: number;
  /** milliseconds until a job that came now would be done, judged by the last ones */
  readonly expectedWait: number;
  close(): Promise<void>;
}

export class PoolClosed extends Error {
  override readonly name = 'PoolClosed';
}

interface Task<Job, Result> {
  job: Job;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

interface Thread<Job, Result> {
  worker: Worker;
  task?: Task<Job, Result>;
  since: number;
}

/**
 * Threads that each do one job at a time. They are started when first needed, replaced when they die, and hold the process
 * only while they work. The order is strict: piscina's default let a queue's first ones wait for seconds.
 */
export function createWorkerPool<Job, Result>(file: URL, size: number): WorkerPool<Job, Result> {
  const threads = new Set<Thread<Job, Result>>();
  const queue = new Set<Task<Job, Result>>();
  let closed = false;
  let average = 0;

  function pump(): void {
    for (const task of queue) {
      const thread = idleThread();
      if (!thread) return;
      queue.delete(task);
      begin(thread, task);
    }
  }

  function idleThread(): Thread<Job, Result> | undefined {
    for (const thread of threads) if (!thread.task) return thread;
    return threads.size < size ? startThread() : undefined;
  }

  function startThread(): Thread<Job, Result> {
    const thread: Thread<Job, Result> = { worker: new Worker(file), since: 0 };
    thread.worker.on('message', (result: Result) => finish(thread, (task) => task.resolve(result)));
    thread.worker.on('error', (error) => bury(thread, error));
    thread.worker.on('exit', (code) => bury(thread, new Error(`the thread of ${file.pathname} ended with ${code}`)));
    threads.add(thread);
    return thread;
  }

  function begin(thread: Thread<Job, Result>, task: Task<Job, Result>): void {
    thread.task = task;
    thread.since = performance.now();
    thread.worker.ref();
    thread.worker.postMessage(task.job);
  }

  function finish(thread: Thread<Job, Result>, settle: (task: Task<Job, Result>) => void): void {
    const { task } = thread;
    if (!task) return;
    thread.task = undefined;
    thread.worker.unref();
    const took = performance.now() - thread.since;
    average = average === 0 ? took : average * 0.9 + took * 0.1;
    settle(task);
    pump();
  }

  /** Its job is lost, its caller hears of it; the next job gets a new thread. */
  function bury(thread: Thread<Job, Result>, error: Error): void {
    if (!threads.delete(thread)) return;
    thread.task?.reject(closed ? new PoolClosed() : error);
    if (!closed) pump();
  }

  function run(job: Job, signal?: AbortSignal): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (closed) return reject(new PoolClosed());
      if (signal?.aborted) return reject(signal.reason as Error);
      const leave = () => queue.delete(task) && reject(signal?.reason as Error);
      const settled = () => signal?.removeEventListener('abort', leave);
      const task: Task<Job, Result> = {
        job,
        resolve: (result) => (settled(), resolve(result)),
        reject: (error) => (settled(), reject(error)),
      };
      signal?.addEventListener('abort', leave, { once: true });
      queue.add(task);
      pump();
    });
  }

  async function close(): Promise<void> {
    closed = true;
    for (const task of queue) task.reject(new PoolClosed());
    queue.clear();
    await Promise.all([...threads].map(({ worker }) => worker.terminate()));
  }

  const running = () => [...threads].filter(({ task }) => task).length;
  return {
    run,
    close,
    get waiting() {
      return queue.size;
    },
    get running() {
      return running();
    },
    get expectedWait() {
      return (average * (queue.size + running() + 1)) / size;
    },
  };
}
