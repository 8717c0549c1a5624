import { decodeShape, FLAG, listOf, struct, TEXT, type Shape } from '../../go/decode-shape.ts';
import { parseYaml } from '../../kinds/yaml.ts';
import { aggregate } from '../../meta/aggregate.ts';
import { errorMessage } from '../../meta/error-message.ts';
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

const STAGE: Shape = { go: 'v1.Stage', json: 'string' };
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

/**
 * A policy from YAML or JSON. Throws Error with what is wrong, in the words of kube-apiserver.
 * @param warn is told of fields that no policy has, which count for nothing
 */
export function readPolicy(source: string, warn: (text: string) => void): Policy {
  const { value, unknown } = decoded(source);
  const { kind = 'Policy', apiVersion = '', metadata: _, ...rest } = value;
  if (!apiVersion) throw new Error('unknown group version field audit.k8s.io/__internal, Kind=Policy in policy');
  if (apiVersion !== 'audit.k8s.io/v1' || kind !== 'Policy')
    throw new Error(
      `failed decoding: no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`,
    );
  if (unknown.length) warn(`audit policy: strict decoding error: ${unknown.join(', ')}`);
  const policy = { rules: [], ...rest } as Policy;
  const errors = policyErrors(policy);
  if (errors.length) throw new Error(aggregate(errors.map(({ field, body }) => `${field}: ${body}`)));
  if (policy.rules.length === 0) throw new Error('loaded illegal policy with 0 rules');
  return policy;
}

function decoded(source: string): { value: Record<string, unknown>; unknown: string[] } {
  try {
    const { value, unknown } = decodeShape(parseYaml(source).value ?? {}, POLICY);
    return { value: value as Record<string, unknown>, unknown };
  } catch (error) {
    throw new Error(`failed decoding: ${errorMessage(error)}`, { cause: error });
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
