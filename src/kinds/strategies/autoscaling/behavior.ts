import type { HorizontalPodAutoscalerBehavior, HPAScalingPolicy, HPAScalingRules } from '../../../../schema/types.ts';
import { invalid, notSupported, required, type FieldError, type Path } from '../../../meta/field.ts';
import type { Parts } from '../../../meta/object.ts';
import { canonicalQuantity, parseQuantity } from '../../../meta/quantity.ts';

/** How fast an autoscaler may scale (KEP-853). */
type Errors = FieldError[];
type Behavior = Parts<HorizontalPodAutoscalerBehavior>;
type Rules = Parts<HPAScalingRules>;
const MAX_PERIOD = 1800;
const MAX_WINDOW = 3600;
const SELECT_POLICIES = ['Disabled', 'Max', 'Min'];
const POLICY_TYPES = ['Percent', 'Pods'];

/** Who says something of the behaviour gets the defaults for what it leaves open. */
export function defaultBehavior(behavior: Behavior): void {
  const doubled = { type: 'Percent', value: 100, periodSeconds: 15 };
  const fast = {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }, doubled],
  };
  behavior.scaleUp = rules(fast, behavior.scaleUp);
  behavior.scaleDown = rules({ selectPolicy: 'Max', policies: [{ ...doubled }] }, behavior.scaleDown);
}

const rules = (defaults: Rules, given: Rules | undefined): Rules => ({
  ...defaults,
  ...Object.fromEntries(Object.entries(given ?? {}).filter(([, value]) => value != null)),
});

export const validateBehavior = (behavior: Behavior | undefined, at: Path): Errors =>
  (['scaleUp', 'scaleDown'] as const).flatMap((field) =>
    behavior?.[field] ? validateRules(behavior[field], at.child(field)) : [],
  );

function validateRules(
  { stabilizationWindowSeconds: window, selectPolicy, policies, tolerance }: Rules,
  at: Path,
): Errors {
  const errors: Errors = [];
  const ofWindow = at.child('stabilizationWindowSeconds');
  if (window != null && window < 0) errors.push(invalid(ofWindow, window, 'must be greater than or equal to zero'));
  if (window != null && window > MAX_WINDOW)
    errors.push(invalid(ofWindow, window, `must be less than or equal to ${MAX_WINDOW}`));
  if (selectPolicy != null && !SELECT_POLICIES.includes(selectPolicy))
    errors.push(notSupported(at.child('selectPolicy'), selectPolicy, SELECT_POLICIES));
  const here = at.child('policies');
  if (!policies?.length) errors.push(required(here, 'must specify at least one Policy'));
  policies?.forEach((policy, i) => errors.push(...validatePolicy(policy, here.index(i))));
  if (tolerance != null && parseQuantity(String(tolerance)).nano < 0n)
    errors.push(
      invalid(at.child('tolerance'), canonicalQuantity(String(tolerance)), 'must be greater than or equal to 0'),
    );
  return errors;
}

function validatePolicy({ type = '', value = 0, periodSeconds = 0 }: Parts<HPAScalingPolicy>, at: Path): Errors {
  const errors: Errors = POLICY_TYPES.includes(type) ? [] : [notSupported(at.child('type'), type, POLICY_TYPES)];
  if (value <= 0) errors.push(invalid(at.child('value'), value, 'must be greater than zero'));
  if (periodSeconds <= 0) errors.push(invalid(at.child('periodSeconds'), periodSeconds, 'must be greater than zero'));
  if (periodSeconds > MAX_PERIOD)
    errors.push(invalid(at.child('periodSeconds'), periodSeconds, `must be less than or equal to ${MAX_PERIOD}`));
  return errors;
}
