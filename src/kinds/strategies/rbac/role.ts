import { rbacStrategy } from './names.ts';
import { policyRuleErrors } from './policy-rules.ts';

export const roleStrategy = rbacStrategy(true, ({ rules }) => policyRuleErrors(rules, true));
