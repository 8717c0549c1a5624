import type { FunctionDeclaration, Functions, Library, Overload } from '../overload.ts';
import { addresses } from './addresses.ts';
import { authorizer } from './authorizer.ts';
import { conversions } from './conversions.ts';
import { formats } from './formats.ts';
import { jsonPatches } from './json-patches.ts';
import { lists } from './lists.ts';
import { operators } from './operators.ts';
import { quantities } from './quantities.ts';
import { semvers } from './semvers.ts';
import { strings } from './strings.ts';
import { times } from './times.ts';
import { urls } from './urls.ts';

const LIBRARIES: readonly Library[] = [
  operators,
  conversions,
  lists,
  strings,
  times,
  urls,
  addresses,
  quantities,
  semvers,
  formats,
  authorizer,
];

/** Libraries as one table; a function that several have takes the arguments of each. */
function merged(libraries: readonly Library[]): Functions {
  const found = new Map<string, Overload[]>();
  for (const library of libraries)
    for (const [name, overloads] of Object.entries(library))
      found.set(name, [...(found.get(name) ?? []), ...overloads]);
  return new Map([...found].map(([name, overloads]): [string, FunctionDeclaration] => [name, { name, overloads }]));
}

/** All functions of an expression of Kubernetes 1.35; stored expressions know the same as new ones. */
export const FUNCTIONS: Functions = merged(LIBRARIES);
/** The same with those that help to make a JSON patch. */
export const PATCH_FUNCTIONS: Functions = merged([...LIBRARIES, jsonPatches]);
