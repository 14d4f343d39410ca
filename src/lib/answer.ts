/** What may be known at once: a store with a memory answers without making the request wait for its turn. */
export type Answer<T> = T | Promise<T>;

/** Goes on with an answer: now, when it is there. */
export function andThen<T, R>(answer: Answer<T>, goOn: (value: T) => Answer<R>): Answer<R> {
  return answer instanceof Promise ? answer.then(goOn) : goOn(answer);
}

/** Does something in the end, whether the work succeeds or fails. */
export function lastly<T>(work: () => Answer<T>, done: () => void): Answer<T> {
  let answer: Answer<T>;
  try {
    answer = work();
  } catch (error) {
    done();
    throw error;
  }
  if (answer instanceof Promise) return answer.finally(done);
  done();
  return answer;
}

/** What is thrown, now or later, goes to `otherwise`. */
export function caught<T>(work: () => Answer<T>, otherwise: (error: unknown) => Answer<T>): Answer<T> {
  try {
    const answer = work();
    return answer instanceof Promise ? answer.catch(otherwise) : answer;
  } catch (error) {
    return otherwise(error);
  }
}
