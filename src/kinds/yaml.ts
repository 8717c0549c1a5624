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

/**
 * The first document of a YAML 1.1 text, as Kubernetes reads it (`yes` and `on` are true), and what its strict mode says
 * of keys that come again; the last of them counts. Throws YamlError.
 */
export function parseYaml(text: string): { value: unknown; repeated: string | undefined } {
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
    throw new YamlError(`yaml: ${failure instanceof Error ? failure.message : String(failure)}`);
  }
}
