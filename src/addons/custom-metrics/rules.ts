import { parse } from 'yaml';
import { isYamlDeeper } from '../../meta/yaml-depth.ts';
import { parseDuration } from '../../go/duration.ts';
import { compileRegexp } from '../../go/regexp.ts';

const OVER = ['last', 'rate', 'increase', 'avg', 'min', 'max'] as const;
const OF = ['sum', 'avg', 'min', 'max'] as const;
/** What becomes of one series over the window. */
export type Over = (typeof OVER)[number];
/** What becomes of all series of one object. */
export type Of = (typeof OF)[number];

/** What is done with the series that it takes. */
export interface Rule {
  takes(name: string, labels: ReadonlyMap<string, string>): boolean;
  /** of a series by its name */
  metric(name: string): string;
  /** its series are no metric */
  drop: boolean;
  over: Over;
  windowMs: number;
  of: Of;
  /** by resource (`services`, `deployments.apps`): the label that has the object's name, in the pod's namespace */
  resources: ReadonlyMap<string, string>;
  /** whether it is of external.metrics.k8s.io */
  external: boolean;
}

/** Characters and levels of the text, and rules in it. */
const MAX_TEXT = 16 * 1024;
const MAX_LEVELS = 32;
const MAX_RULES = 100;
const MAX_PARTS = 16;
const WINDOW_MS = 60_000;
const MAX_WINDOW_MS = 10 * 60_000;
const MAX_NAME = 253;

/**
 * Reads rules as they are in the ConfigMap.
 * @throws Error what is wrong with them
 */
export function parseRules(text: string): Rule[] {
  if (text.length > MAX_TEXT) throw new Error(`rules: more than ${MAX_TEXT} characters`);
  if (isYamlDeeper(text, MAX_LEVELS)) throw new Error(`rules: more than ${MAX_LEVELS} levels`);
  const document: unknown = parse(text, { maxAliasCount: 0, logLevel: 'error' });
  const rules = fieldsOf(document ?? {}, 'rules.yaml', ['rules'])['rules'] ?? [];
  if (!Array.isArray(rules) || rules.length > MAX_RULES)
    throw new Error(`rules: must be a list of at most ${MAX_RULES}`);
  return rules.map((rule, i) => ruleOf(rule, `rules[${i}]`));
}

const FIELDS = ['series', 'labels', 'as', 'withoutSuffix', 'drop', 'over', 'window', 'of', 'resources', 'external'];

function ruleOf(value: unknown, at: string): Rule {
  const fields = fieldsOf(value, at, FIELDS);
  const series = whole(textOf(fields['series'], `${at}.series`), `${at}.series`);
  const labels = textsOf(fields['labels'], `${at}.labels`).map(
    ([name, text]) => [name, whole(text, `${at}.labels.${name}`)] as const,
  );
  const suffix = textOf(fields['withoutSuffix'], `${at}.withoutSuffix`, '');
  const as = textOf(fields['as'], `${at}.as`, '*');
  // the series' name more than once would be a name of any length
  if (as.length > MAX_NAME || as.split('*').length > 2 || !/^[\w.*-]+$/.test(as))
    throw new Error(`${at}.as: ${as} is no name of a metric`);
  return {
    takes: (name, found) => series(name) && labels.every(([label, matches]) => matches(found.get(label) ?? '')),
    metric: (name) => as.replace('*', () => (suffix && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name)),
    drop: flag(fields['drop'], `${at}.drop`),
    over: oneOf(OVER, fields['over'] ?? 'last', `${at}.over`),
    windowMs: windowOf(fields['window'], `${at}.window`),
    of: oneOf(OF, fields['of'] ?? 'sum', `${at}.of`),
    resources: new Map(textsOf(fields['resources'], `${at}.resources`)),
    external: flag(fields['external'], `${at}.external`),
  };
}

function fieldsOf(value: unknown, at: string, known: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${at}: must be an object`);
  const unknown = Object.keys(value).find((field) => !known.includes(field));
  if (unknown !== undefined) throw new Error(`${at}.${unknown}: unknown field`);
  return value as Record<string, unknown>;
}

function textOf(value: unknown, at: string, fallback?: string): string {
  const text = value ?? fallback;
  if (typeof text !== 'string') throw new Error(`${at}: must be a text`);
  return text;
}

function textsOf(value: unknown, at: string): [string, string][] {
  if (value === undefined || value === null) return [];
  if (typeof value !== 'object' || Array.isArray(value)) throw new Error(`${at}: must be an object`);
  const entries = Object.entries(value);
  if (entries.length > MAX_PARTS) throw new Error(`${at}: more than ${MAX_PARTS}`);
  return entries.map(([key, text]) => [key, textOf(text, `${at}.${key}`)]);
}

function flag(value: unknown, at: string): boolean {
  if (value !== undefined && typeof value !== 'boolean') throw new Error(`${at}: must be true or false`);
  return value ?? false;
}

function oneOf<T extends string>(choices: readonly T[], value: unknown, at: string): T {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new Error(`${at}: must be one of ${choices.join(', ')}`);
  return found;
}

function windowOf(value: unknown, at: string): number {
  if (value === undefined) return WINDOW_MS;
  const ms = parseDuration(textOf(value, at));
  if (ms === undefined || ms <= 0 || ms > MAX_WINDOW_MS) throw new Error(`${at}: must be a duration of at most 10m`);
  return ms;
}

/** Of a whole text, as RE2: in time linear in it. */
function whole(text: string, at: string): (searched: string) => boolean {
  try {
    const expression = compileRegexp(`^(?:${text})$`);
    return (searched) => {
      try {
        return expression.test(searched);
      } catch {
        // a long text under a large expression: it is not looked for
        return false;
      }
    };
  } catch (error) {
    throw new Error(`${at}: ${(error as Error).message}`, { cause: error });
  }
}
