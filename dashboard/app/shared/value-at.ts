/** The texts at a path of an object's JSON; lists on the way give each of theirs. */
export function textsAt(object: unknown, path: string): string[] {
  let found: unknown[] = [object];
  for (const part of path.split('.'))
    found = found.flatMap((value) => {
      const next = (value as Record<string, unknown> | null | undefined)?.[part];
      return next === undefined || next === null ? [] : Array.isArray(next) ? next : [next];
    });
  return found.map((value) =>
    typeof value === 'object' && value !== null
      ? Object.entries(value)
          .map(([key, each]) => `${key}=${typeof each === 'object' ? JSON.stringify(each) : String(each)}`)
          .join(', ')
      : String(value),
  );
}

/** Whether a field of a spec is true; one that is not there is not. */
export const isOn = (spec: unknown, field: string): boolean =>
  (spec as Record<string, unknown> | null | undefined)?.[field] === true;
