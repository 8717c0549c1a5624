import type { Strategy } from '../../kind.ts';
import { rbacStrategy } from './names.ts';
import { policyRuleErrors } from './policy-rules.ts';

export const roleStrategy: Strategy = { ...rbacStrategy, validate: ({ rules }) => policyRuleErrors(rules, true) };
