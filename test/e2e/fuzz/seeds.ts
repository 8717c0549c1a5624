import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Scenario } from '../../golden/support/scenario.ts';
import type { Json } from './values.ts';

const RECORDED = fileURLToPath(new URL('../../golden/api', import.meta.url));
export const NAMESPACE = 'fuzz';

export interface Seed {
  method: string;
  path: string;
  query: [string, string][];
  headers: Record<string, string>;
  body: Json | undefined;
}

/** What a recording refers to of earlier answers is not there: other values in its place. */
const filled = (text: string): string => text.replaceAll('{{ns}}', NAMESPACE).replace(/\{\{[^}]*\}\}/g, '1');

/** Requests of the recorded scenarios: valid ones, and some that are nearly so. */
export function recordedSeeds(): Seed[] {
  const files = readdirSync(RECORDED).sort();
  const scenarios = files.flatMap((file) => JSON.parse(readFileSync(path.join(RECORDED, file), 'utf8')) as Scenario[]);
  return scenarios.flatMap(({ steps }) =>
    steps.map(({ request: { method, path: target, headers = {}, body } }) => {
      const [pathname = '', search = ''] = filled(target).split('?');
      const given = Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
      return {
        method,
        path: pathname,
        query: [...new URLSearchParams(search)],
        headers: Object.fromEntries(given.map(([name, value]) => [name.toLowerCase(), value])),
        body: body === undefined ? undefined : (JSON.parse(filled(JSON.stringify(body))) as Json),
      };
    }),
  );
}
