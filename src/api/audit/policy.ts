import { parseYaml, YamlError } from '../../kinds/yaml.ts';
import { aggregate } from '../../meta/aggregate.ts';
import { invalid, notSupported, Path, required, type FieldError } from '../../meta/field.ts';
import { isDns1123Subdomain } from '../../meta/names.ts';
import { LEVELS, STAGES, type Level, type Stage } from './contract.ts';

/** audit.k8s.io/v1 Policy: which requests are recorded, and how much of each. The first rule that matches decides. */
export interface Policy {
  rules: PolicyRule[];
  omitStages?: Stage[];
  omitManagedFields?: boolean;
}
export interface PolicyRule {
  level: Level;
  users?: string[];
  userGroups?: string[];
  verbs?: string[];
  resources?: GroupResources[];
  namespaces?: string[];
  nonResourceURLs?: string[];
  omitStages?: Stage[];
  omitManagedFields?: boolean;
}
export interface GroupResources {
  group?: string;
  resources?: string[];
  resourceNames?: string[];
}

/** A type as Go names it, which messages tell, and what of JSON it takes. */
type Type =
  | { go: string; json: 'string' | 'boolean' | 'any' }
  | { go: string; list: Type }
  | { go: string; struct: string; fields: Readonly<Record<string, Type>> };

const TEXT: Type = { go: 'string', json: 'string' };
const FLAG: Type = { go: 'bool', json: 'boolean' };
const listOf = (item: Type): Type => ({ go: `[]${item.go}`, list: item });
const struct = (name: string, fields: Readonly<Record<string, Type>>): Type => ({
  go: `v1.${name}`,
  struct: name,
  fields,
});
const STAGE: Type = { go: 'v1.Stage', json: 'string' };
const GROUP_RESOURCES = struct('GroupResources', {
  group: TEXT,
  resources: listOf(TEXT),
  resourceNames: listOf(TEXT),
});
const RULE = struct('PolicyRule', {
  level: { go: 'v1.Level', json: 'string' },
  users: listOf(TEXT),
  userGroups: listOf(TEXT),
  verbs: listOf(TEXT),
  resources: listOf(GROUP_RESOURCES),
  namespaces: listOf(TEXT),
  nonResourceURLs: listOf(TEXT),
  omitStages: listOf(STAGE),
  omitManagedFields: FLAG,
});
const POLICY = struct('Policy', {
  kind: TEXT,
  apiVersion: TEXT,
  metadata: { go: 'v1.ObjectMeta', json: 'any' },
  rules: listOf(RULE),
  omitStages: listOf(STAGE),
  omitManagedFields: FLAG,
});

/** Where a value stands: for messages, the struct and the fields on the way to it; for warnings, with indexes. */
interface Place {
  struct: string;
  fields: string;
  path: string;
}

/** The part of a value that its type has. Unknown fields are collected; throws Error for a value of another type. */
function read(value: unknown, type: Type, at: Place, unknown: string[]): unknown {
  if ('json' in type) {
    if (type.json === 'any' || typeof value === type.json) return value;
    throw wrongType(value, type, at);
  }
  if ('list' in type) {
    if (!Array.isArray(value)) throw wrongType(value, type, at);
    return value.map((item, i) => {
      // Go leaves an element of a list that is null as it is when made: empty
      if (item === null || item === undefined) return 'fields' in type.list ? {} : '';
      return read(item, type.list, { ...at, path: `${at.path}[${i}]` }, unknown);
    });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrongType(value, type, at);
  const found: Record<string, unknown> = {};
  for (const [name, part] of Object.entries(value)) {
    const field = Object.hasOwn(type.fields, name) ? type.fields[name] : undefined;
    const path = at.path ? `${at.path}.${name}` : name;
    if (!field) unknown.push(path);
    else if (part !== null)
      found[name] = read(
        part,
        field,
        { struct: type.struct, fields: at.fields ? `${at.fields}.${name}` : name, path },
        unknown,
      );
  }
  return found;
}

function wrongType(value: unknown, { go }: Type, { struct: name, fields }: Place): Error {
  const json = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  const where = name ? `struct field ${name}.${fields}` : 'value';
  return new Error(`failed decoding: json: cannot unmarshal ${json} into Go ${where} of type ${go}`);
}

/**
 * A policy from YAML or JSON. Throws Error with what is wrong, in the words of kube-apiserver.
 * @param warn is told of fields that no policy has, which count for nothing
 */
export function readPolicy(source: string, warn: (text: string) => void): Policy {
  const unknown: string[] = [];
  const decoded = read(parsed(source), POLICY, { struct: '', fields: '', path: '' }, unknown) as Record<
    string,
    unknown
  >;
  const { kind = 'Policy', apiVersion = '', metadata: _, ...rest } = decoded;
  if (!apiVersion) throw new Error('unknown group version field audit.k8s.io/__internal, Kind=Policy in policy');
  if (apiVersion !== 'audit.k8s.io/v1' || kind !== 'Policy')
    throw new Error(
      `failed decoding: no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`,
    );
  if (unknown.length)
    warn(
      `audit policy: strict decoding error: ${unknown.map((at) => `unknown field ${JSON.stringify(at)}`).join(', ')}`,
    );
  const policy = { rules: [], ...rest } as Policy;
  const errors = policyErrors(policy);
  if (errors.length) throw new Error(aggregate(errors.map(({ field, body }) => `${field}: ${body}`)));
  if (policy.rules.length === 0) throw new Error('loaded illegal policy with 0 rules');
  return policy;
}

function parsed(source: string): unknown {
  try {
    return parseYaml(source).value ?? {};
  } catch (error) {
    if (error instanceof YamlError) throw new Error(`failed decoding: ${error.message}`, { cause: error });
    throw error;
  }
}

/** Source: k8s.io/apiserver pkg/apis/audit/validation. */
function policyErrors({ omitStages, rules }: Policy): FieldError[] {
  const at = Path.root('rules');
  return [...stageErrors(omitStages, Path.root('omitStages')), ...rules.flatMap((r, i) => ruleErrors(r, at.index(i)))];
}

function ruleErrors(rule: PolicyRule, at: Path): FieldError[] {
  const { nonResourceURLs = [], resources = [], namespaces = [] } = rule;
  const errors = [
    ...levelErrors(rule.level, at.child('level')),
    ...nonResourceURLs.flatMap((url, i) => urlErrors(url, at.child('nonResourceURLs').index(i))),
    ...resources.flatMap((each) => resourcesErrors(each, at.child('resources'))),
    ...stageErrors(rule.omitStages, at.child('omitStages')),
  ];
  if (nonResourceURLs.length && (resources.length || namespaces.length)) {
    const why = 'rules cannot apply to both regular resources and non-resource URLs';
    errors.push(invalid(at.child('nonResourceURLs'), nonResourceURLs, why));
  }
  return errors;
}

function levelErrors(level: string | undefined, at: Path): FieldError[] {
  if (!level) return [required(at)];
  return LEVELS.some((known) => known === level) ? [] : [notSupported(at, level, LEVELS)];
}

function urlErrors(url: string, at: Path): FieldError[] {
  if (url === '*') return [];
  const errors: FieldError[] = [];
  if (!url.startsWith('/')) errors.push(invalid(at, url, "non-resource URL rules must begin with a '/' character"));
  if (url.slice(0, -1).includes('*'))
    errors.push(invalid(at, url, "non-resource URL wildcards '*' must be the final character of the rule"));
  return errors;
}

function resourcesErrors({ group = '', resources = [], resourceNames = [] }: GroupResources, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  const wrong = group ? isDns1123Subdomain(group) : [];
  if (wrong.length) errors.push(invalid(at.child('group'), group, wrong.join(',')));
  if (resourceNames.length && resources.length === 0)
    errors.push(
      invalid(at.child('resourceNames'), resourceNames, 'using resourceNames requires at least one resource'),
    );
  return errors;
}

const stageErrors = (stages: readonly string[] = [], at: Path): FieldError[] =>
  stages.flatMap((stage, i) =>
    STAGES.some((known) => known === stage)
      ? []
      : [invalid(at.index(i), stage, `allowed stages are ${STAGES.join(',')}`)],
  );
