import {
  isAlias,
  isMap,
  isScalar,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Tags,
  type YAMLError,
} from 'yaml';

import { MAX_DEPTH } from '../go/json-syntax.ts';
import { isYamlDeeper } from '../meta/yaml-depth.ts';
import { NotPlain } from './yaml/not-plain.ts';
import { readPlainYaml, TooDeep, type PlainYaml } from './yaml/plain-yaml.ts';

/** Bad YAML, in the words of Go's YAML: `yaml: line 1: did not find expected node content`. */
export class YamlError extends Error {}

/** Go's YAML knows neither numbers to base 60 (`12:30`) nor, where JSON is wanted, times: both stay text. */
const asGo = (tags: Tags): Tags =>
  tags.filter(
    (tag) =>
      typeof tag === 'string' ||
      (!('format' in tag && tag.format === 'TIME') && tag.tag !== 'tag:yaml.org,2002:timestamp'),
  );

/** Errors of the scanner tell the line, those of the parser the one before, and neither tells the first. */
const SCANNER: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY: 'mapping values are not allowed in this context',
  MULTILINE_IMPLICIT_KEY: 'mapping values are not allowed in this context',
  TAB_AS_INDENT: 'found character that cannot start any token',
  BAD_SCALAR_START: 'found character that cannot start any token',
  BAD_DQ_ESCAPE: 'found unknown escape character',
  BAD_DIRECTIVE: 'found unknown directive name',
};

function explain(error: YAMLError): string {
  const line = error.linePos?.[0].line ?? 1;
  let what = SCANNER[error.code];
  if (what) {
    const at = error.code === 'BLOCK_AS_IMPLICIT_KEY' ? (error.linePos?.[1]?.line ?? line) : line;
    return `yaml: ${at > 1 ? `line ${at}: ` : ''}${what}`;
  }
  if (error.message.includes('Missing closing')) return 'yaml: found unexpected end of stream';
  if (error.message.startsWith('Implicit map keys need')) return `yaml: line ${line + 1}: could not find expected ':'`;
  if (error.message.includes('end with a }') && error.code === 'MISSING_CHAR')
    what = "did not find expected ',' or '}'";
  else if (error.message.startsWith('Unexpected scalar at node end')) what = "did not find expected '-' indicator";
  return `yaml: line ${Math.max(line - 1, 1)}: ${what ?? 'did not find expected node content'}`;
}

/** Where keys come again, as Go's strict decoding says it; undefined where none does. */
function repeatedKeys(document: Document, lines: LineCounter): string | undefined {
  const found: string[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Set<string>();
      for (const { key, value } of map.items) {
        const name = String(isScalar(key) ? key.value : key);
        if (seen.has(name) && name !== '<<') {
          const node = (value ?? key) as { range?: [number, number, number] | null };
          const { line } = lines.linePos((isMap(node) ? (node.items[0]?.key as typeof node) : node)?.range?.[0] ?? 0);
          found.push(`  line ${line}: key ${JSON.stringify(name)} already set in map`);
        }
        seen.add(name);
      }
    },
  });
  return found.length ? `yaml: unmarshal errors:\n${found.join('\n')}` : undefined;
}

/** Characters that the package may read: it takes some milliseconds for each thousand. */
const MAX_UNUSUAL = 8 * 1024;

/** Levels of what the package reads. */
const MAX_LEVELS = 200;

/** Aliases begin with one; the package takes a hundred. */
const MAX_STARS = 500;
const EXCESSIVE = 'yaml: document contains excessive aliasing';
/** As many repeated keys are told of. */
const MAX_REPEATED = 100;

const lineOf = (text: string, at: number): string => {
  const line = text.slice(0, at).split('\n').length;
  return line > 1 ? `line ${line}: ` : '';
};

/** What is told of keys that come again: places in the order of the text. */
function repetitions(text: string, repeated: PlainYaml['repeated']): string | undefined {
  if (repeated.length === 0) return undefined;
  let line = 1;
  let end = 0;
  const found = repeated.slice(0, MAX_REPEATED).map(({ key, at }) => {
    for (let next = text.indexOf('\n', end); next >= 0 && next < at; next = text.indexOf('\n', end)) {
      end = next + 1;
      line++;
    }
    return `  line ${line}: key ${JSON.stringify(key)} already set in map`;
  });
  return `yaml: unmarshal errors:\n${found.join('\n')}`;
}

/**
 * The first document of a YAML 1.1 text, as Kubernetes reads it (`yes` and `on` are true), and what its strict mode says
 * of keys that come again; the last of them counts. Throws YamlError, and 413 for too many values.
 */
export function parseYaml(text: string): { value: unknown; repeated: string | undefined } {
  try {
    // tabs, carriage returns and control characters have rules of their own
    // eslint-disable-next-line no-control-regex
    const strange = /[\x00-\x09\x0b-\x1f\x7f-\x9f\ufeff\u2028\u2029]/.exec(text);
    if (strange) throw new NotPlain(strange.index);
    const { value, repeated } = readPlainYaml(text);
    return { value, repeated: repetitions(text, repeated) };
  } catch (error) {
    if (error instanceof TooDeep)
      throw new YamlError(`yaml: ${lineOf(text, error.at)}exceeded max depth of ${MAX_DEPTH}`);
    if (error instanceof RangeError) throw new YamlError(`yaml: exceeded max depth of ${MAX_DEPTH}`);
    if (!(error instanceof NotPlain)) throw error;
    if (text.length > MAX_UNUSUAL)
      throw new YamlError(
        `yaml: ${lineOf(text, error.at)}what stands here is read in documents of up to ${MAX_UNUSUAL} characters`,
      );
    // the package looks through the whole document for each
    if (text.split('*').length > MAX_STARS) throw new YamlError(EXCESSIVE);
    if (isYamlDeeper(text, MAX_LEVELS))
      throw new YamlError(
        `yaml: ${lineOf(text, error.at)}what stands here is read in documents of up to ${MAX_LEVELS} levels`,
      );
    return parseUnusual(text);
  }
}

/**
 * The same by the package, which reads all of YAML. Throws YamlError.
 */
function parseUnusual(text: string): { value: unknown; repeated: string | undefined } {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: '1.1',
    merge: true,
    uniqueKeys: false,
    logLevel: 'silent',
    strict: false,
    customTags: asGo,
    lineCounter: lines,
  });
  const error = document.errors[0];
  if (error) throw new YamlError(explain(error));
  visit(document, {
    Alias(_, alias) {
      if (isAlias(alias) && !alias.resolve(document))
        throw new YamlError(`yaml: unknown anchor '${alias.source}' referenced`);
    },
  });
  try {
    return { value: document.toJS({ maxAliasCount: 100 }) as unknown, repeated: repeatedKeys(document, lines) };
  } catch (failure) {
    const why = failure instanceof Error ? failure.message : String(failure);
    throw new YamlError(why.startsWith('Excessive alias') ? EXCESSIVE : `yaml: ${why}`);
  }
}
