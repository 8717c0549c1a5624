import type { Container, ContainerResizePolicy } from '../../../../../schema/types.ts';
import {
  duplicate,
  forbidden,
  invalid,
  notSupported,
  required,
  tooMany,
  type FieldError,
  type Path,
} from '../../../../meta/field.ts';
import type { Parts } from '../../../../meta/object.ts';

const POLICIES = ['Always', 'Never', 'OnFailure'];
const OPERATORS = ['In', 'NotIn'];
const ACTIONS = ['Restart'];
const MAX_RULES = 20;
const MAX_CODES = 255;

/** Restart policy and rules of one container (KEP-5307). */
export function addRestartPolicy(
  errors: FieldError[],
  { restartPolicy, restartPolicyRules: rules = [] }: Parts<Container>,
  at: Path,
): void {
  if (restartPolicy == null) {
    if (rules.length === 0) return;
    errors.push(required(at.child('restartPolicy'), 'must specify restartPolicy when restart rules are used'));
  } else if (!POLICIES.includes(restartPolicy))
    errors.push(notSupported(at.child('restartPolicy'), restartPolicy, POLICIES));
  if (rules.length > MAX_RULES) errors.push(tooMany(at.child('restartPolicyRules'), rules.length, MAX_RULES));
  rules.forEach(({ action = '', exitCodes }, i) => {
    const here = at.child('restartPolicyRules').index(i);
    if (!ACTIONS.includes(action)) errors.push(notSupported(here.child('action'), action, ACTIONS));
    if (!exitCodes) {
      errors.push(required(here.child('exitCodes'), 'must be specified'));
      return;
    }
    const { operator = '', values = [] } = exitCodes;
    if (!OPERATORS.includes(operator))
      errors.push(notSupported(here.child('exitCodes', 'operator'), operator, OPERATORS));
    if (values.length > MAX_CODES) errors.push(tooMany(here.child('exitCodes', 'values'), values.length, MAX_CODES));
  });
}

/** The same for an init container, which is a sidecar where it is Always. */
export function addInitRestartPolicy(errors: FieldError[], container: Parts<Container>, at: Path): void {
  const { restartPolicy, restartPolicyRules: rules = [] } = container;
  if (restartPolicy == null && rules.length) {
    errors.push(required(at.child('restartPolicy'), 'must specify restartPolicy when restart rules are used'));
  } else if (restartPolicy === 'Always') {
    if (rules.length) {
      errors.push(
        forbidden(
          at.child('restartPolicyRules'),
          'restartPolicyRules are not allowed for init containers with restart policy Always',
        ),
      );
    }
  } else if (restartPolicy != null) addRestartPolicy(errors, container, at);
}

const RESIZED = ['cpu', 'memory'];
const RESIZES = ['NotRequired', 'RestartContainer'];

/** What a change of resources does to the container; Kubernetes names the list and not the item. */
export function addResizePolicy(
  errors: FieldError[],
  policies: readonly Parts<ContainerResizePolicy>[] | undefined,
  podPolicy: string | undefined,
  at: Path,
): void {
  if (!policies?.length) return;
  const seen = new Set<string>();
  policies.forEach(({ resourceName = '', restartPolicy = '' }, i) => {
    if (seen.has(resourceName)) errors.push(duplicate(at.index(i), resourceName));
    seen.add(resourceName);
    if (!resourceName) errors.push(required(at));
    else if (!RESIZED.includes(resourceName)) errors.push(notSupported(at, resourceName, RESIZED));
    if (!restartPolicy) errors.push(required(at));
    else if (!RESIZES.includes(restartPolicy)) errors.push(notSupported(at, restartPolicy, RESIZES));
    if (podPolicy === 'Never' && restartPolicy !== 'NotRequired') {
      errors.push(invalid(at, restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'"));
    }
  });
}
