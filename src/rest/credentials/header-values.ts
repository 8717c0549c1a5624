import type { IncomingMessage } from 'node:http';

/** Values of a header that may come several times, one each (a user's group may hold a comma). `name` in lower case. */
export function allValuesOf(req: IncomingMessage, name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < req.rawHeaders.length; i += 2)
    if (req.rawHeaders[i]?.toLowerCase() === name) values.push(req.rawHeaders[i + 1] ?? '');
  return values;
}
