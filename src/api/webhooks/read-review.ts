import { stringifyExact } from '../../go/json-numbers.ts';
import { jsonSyntaxError } from '../../go/json-syntax.ts';
import { unmarshalError } from '../../go/json-unmarshal.ts';
import { parseYaml } from '../../kinds/yaml.ts';
import { isRecord } from '../../meta/record.ts';
import { readJson } from './post-json.ts';

/** The review that a webhook is asked with, and so is to answer with. */
export interface ReviewType {
  group: string;
  kind: string;
  /** of those that a client of Go knows */
  version: string;
  others: readonly string[];
  /** an answer need not say what it is */
  untyped?: boolean;
}

/** Nobody answers in YAML but by mistake; reading it takes its time. */
const MAX_YAML = 64 * 1024;
/** Go's struct, as its messages print it. */
const TYPE_META = String.raw`struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }`;

/**
 * The answer of a webhook, of whose type it is known; what is in it is not. Throws Error, in the words of Go's client, for
 * a text that is none.
 * @param mostValues that JSON may have
 */
export function readReview(text: string, type: ReviewType, mostValues?: number): Record<string, unknown> {
  const unread = (why: string): Error => new Error(`couldn't get version/kind; json parse error: ${why}`);
  let answer: unknown;
  if (/^\s*[[{"\d-]/.test(text)) {
    const syntax = jsonSyntaxError(text);
    if (syntax !== undefined) throw unread(syntax);
    answer = readJson(text, mostValues);
  } else {
    // what does not look like JSON is read as YAML, of which any text is a string
    if (text.length > MAX_YAML) throw new Error(`YAML of more than ${MAX_YAML} characters`);
    answer = parseYaml(text).value;
  }
  // null is an object without anything in it
  answer ??= {};
  if (!isRecord(answer)) throw unread(unmarshalError(answer, TYPE_META));
  checkType(answer, type);
  return answer;
}

/** Kinds that every client of Go knows. */
const UNVERSIONED: ReadonlySet<string> = new Set([
  'Status',
  'APIVersions',
  'APIGroupList',
  'APIGroup',
  'APIResourceList',
]);

function checkType(answer: Record<string, unknown>, { group, version, kind, others, untyped }: ReviewType): void {
  const [apiVersion, name] = [answer['apiVersion'], answer['kind']].map((of) => (typeof of === 'string' ? of : ''));
  // one that says nothing is taken for what was asked for, and then is of no type
  if (!apiVersion && !name && untyped) return;
  if (!apiVersion && !name)
    throw new Error(`expected webhook response of ${group}/${version}, Kind=${kind}, got /, Kind=`);
  if (apiVersion === `${group}/${version}` && name === kind) return;
  if (name === kind && others.some((other) => apiVersion === `${group}/${other}`))
    throw new Error(
      `converting (${apiVersion?.slice(group.length + 1)}.${kind}) to (${version}.${kind}): unknown conversion`,
    );
  if (apiVersion === 'v1' && UNVERSIONED.has(name ?? ''))
    throw new Error(`converting (v1.${name}) to (${version}.${kind}): unknown conversion`);
  if (!name) throw new Error(`Object 'Kind' is missing in '${stringifyExact(answer)}'`);
  const registered = `no kind ${JSON.stringify(name)} is registered for version ${JSON.stringify(apiVersion)}`;
  throw new Error(`${registered} in scheme "pkg/runtime/scheme.go:111"`);
}
