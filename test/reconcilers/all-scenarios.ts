import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Scenario } from '../support/scenario.ts';

const FOLDER = new URL('scenarios', import.meta.url);
const modules = await Promise.all(
  readdirSync(FOLDER).map(
    (file) => import(`./scenarios/${path.basename(file, '.ts')}.ts`) as Promise<Record<string, unknown>>,
  ),
);

/** Of every controller, by its name in src/reconcilers/all.ts: what a file of scenarios/ exports as `NAMEScenario`. */
export const scenarios: Readonly<Record<string, Scenario>> = Object.fromEntries(
  modules
    .flatMap((module) => Object.entries(module))
    .filter(([name]) => name.endsWith('Scenario'))
    .map(([name, scenario]) => [name.slice(0, -'Scenario'.length), scenario as Scenario] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1)),
);
