/** What a call gives or throws, to be looked at later: whether a caller may ask comes before what is wrong with the question. */
export type Outcome<T> = { value: T } | { error: unknown };

export function outcomeOf<T>(make: () => T): Outcome<T> {
  try {
    return { value: make() };
  } catch (error) {
    return { error };
  }
}
