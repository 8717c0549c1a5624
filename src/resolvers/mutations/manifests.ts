import type { Json } from '../../meta/object.ts';
import type { PatchInput } from '../../api/contract.ts';
import { parseYaml, YamlError } from '../../kinds/yaml.ts';
import { isRecord } from '../../meta/record.ts';
import { badRequest } from '../../meta/status.ts';

/** One object that somebody wants to be there, as it was written. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  /** '' where it says none */
  namespace: string;
  name: string;
  value: Record<string, unknown>;
  body: PatchInput;
}

/**
 * Objects as they are given: an object, a list of them, a List, or text of YAML or JSON documents, and any of these in a
 * list. Throws 400 for what is none, with its place.
 */
export function readManifests(given: unknown): Manifest[] {
  if (Array.isArray(given)) return given.flatMap((one: unknown, i) => manifestsOf(one, `manifests[${i}]`));
  return manifestsOf(given, 'manifests');
}

function manifestsOf(given: unknown, place: string): Manifest[] {
  if (typeof given === 'string')
    return documents(given).flatMap((text, i) => manifestsOfText(text, `${place}, document ${i + 1}`));
  return objectsOf(given, place, undefined);
}

/** As kubectl's reader has it: a line that begins with `---` ends a document. */
const documents = (text: string): string[] => text.split(/^---.*$/m);

function manifestsOfText(text: string, place: string): Manifest[] {
  try {
    const { value } = parseYaml(text);
    // nothing but comments
    return value === null || value === undefined ? [] : objectsOf(value, place, text);
  } catch (error) {
    if (error instanceof YamlError) throw badRequest(`${place}: ${error.message}`);
    throw error;
  }
}

function objectsOf(value: unknown, place: string, text: string | undefined): Manifest[] {
  if (!isRecord(value)) throw badRequest(`${place} is no object`);
  const { apiVersion, kind, metadata, items } = value;
  if (Array.isArray(items) && typeof kind === 'string' && kind.endsWith('List'))
    return items.flatMap((item: unknown, i) => objectsOf(item, `${place}.items[${i}]`, undefined));
  for (const [field, word] of Object.entries({ apiVersion, kind }))
    if (typeof word !== 'string' || word === '') throw badRequest(`${place} has no ${field}`);
  const { name, namespace } = isRecord(metadata) ? metadata : {};
  if (typeof name !== 'string' || name === '') throw badRequest(`${place} has no metadata.name: an apply needs one`);
  return [
    {
      apiVersion: apiVersion as string,
      kind: kind as string,
      namespace: typeof namespace === 'string' ? namespace : '',
      name,
      value,
      // its text, where keys that come again are told of
      body: text === undefined ? { value: value as Json } : { bytes: Buffer.from(text) },
    },
  ];
}
