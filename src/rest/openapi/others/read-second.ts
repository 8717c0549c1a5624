import { scanJson } from '../../../go/json-scan.ts';
import { parseExact } from '../../../go/json-numbers.ts';
import { isRecord } from '../../../meta/record.ts';
import type { Steps } from '../../../meta/steps.ts';
import type { Node } from '../definitions.ts';
import { encodeOpenApi } from '../protobuf.ts';
import type { SecondDocument } from './documents.ts';
import { reached, referenceTo, type Place } from './references.ts';

/** Documents of Kubernetes are 40 deep, and have 200,000 values when they are of all its groups. */
const MAX_DEPTH = 200;
const MAX_VALUES = 400_000;

/** The nodes of a part of the document. Throws Error for what is none. */
function nodes(document: Node, part: string): Map<string, Node> {
  const some = document[part] ?? {};
  if (!isRecord(some)) throw new Error(`its ${part} are not an object`);
  return new Map(
    Object.entries(some).map(([name, node]) => {
      if (!isRecord(node)) throw new Error(`one of its ${part} is not an object`);
      return [name, node];
    }),
  );
}

/**
 * What a document of version 2 says of one group and version; undefined where it has no paths at all. Other paths are
 * left out, and what only they refer to. Throws Error for what is no such document, and for one that is too large.
 * Source: FilterSpecByPaths of kube-openapi.
 */
export function* readSecond(
  text: string,
  etag: string,
  { group, version }: { group: string; version: string },
): Steps<SecondDocument | undefined> {
  const { depth, values } = scanJson(text);
  if (depth > MAX_DEPTH || values > MAX_VALUES) throw new Error('its document is too large');
  yield;
  const document = parseExact(text);
  yield;
  if (!isRecord(document)) throw new Error('its document is not an object');
  if (!document['paths']) return undefined;
  const all = nodes(document, 'paths');
  const named = { definitions: nodes(document, 'definitions'), parameters: nodes(document, 'parameters') };
  const prefix = `/apis/${group}/${version}/`;
  const paths = new Map([...all].filter(([path]) => path.startsWith(prefix)));
  const before = reached(all.values(), named);
  yield;
  const now = reached(paths.values(), named);
  yield;
  const kept = (place: Place): Map<string, Node> =>
    new Map(
      [...named[place]].filter(([name]) => {
        const reference = referenceTo(place, name);
        return now.has(reference) || !before.has(reference);
      }),
    );
  const read = { etag, paths, definitions: kept('definitions'), parameters: kept('parameters') };
  // what cannot be said in the other form is not taken: one server would break the document of all
  for (const part of ['paths', 'definitions', 'parameters'] as const)
    for (const [name, node] of read[part]) {
      encodeOpenApi({ [part]: { [name]: node } });
      yield;
    }
  return read;
}
