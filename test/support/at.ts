/** What is at a dotted path of an object (`spec.containers.0.name`); undefined where a part of it is missing. */
export function at(object: unknown, path: string): unknown {
  let value = object;
  for (const part of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

/** What a test knows to be there. Throws Error where it is not. */
export function the<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error(`${value} where something is expected`);
  return value;
}
