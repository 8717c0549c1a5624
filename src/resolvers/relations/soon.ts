/** Now or later: what is known already is not waited for, as it is asked for each of many objects. */
export type Soon<T> = T | Promise<T>;

export const whenReady = <T, U>(value: Soon<T>, use: (value: T) => Soon<U>): Soon<U> =>
  value instanceof Promise ? value.then(use) : use(value);
