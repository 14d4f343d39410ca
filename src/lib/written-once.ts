const texts = new WeakMap<object, string>();

/** Promises that the object never changes, nor anything in it: its JSON is written once, however often it is sent. */
export function unchanging<T extends object>(object: T): T {
  texts.set(object, JSON.stringify(object));
  return object;
}

export function jsonOf(object: object): string {
  return texts.get(object) ?? JSON.stringify(object);
}
