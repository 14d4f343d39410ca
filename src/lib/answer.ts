/** What may be known at once: a store with a memory answers without making the request wait for its turn. */
export type Answer<T> = T | Promise<T>;

/** Goes on with an answer: now, when it is there. */
export function andThen<T, R>(answer: Answer<T>, goOn: (value: T) => Answer<R>): Answer<R> {
  return answer instanceof Promise ? answer.then(goOn) : goOn(answer);
}
