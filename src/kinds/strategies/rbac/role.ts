import type { Role } from '../../../../schema/types.ts';
import { rbacStrategy } from './names.ts';
import { policyRuleErrors } from './policy-rules.ts';

export const roleStrategy = rbacStrategy<Role>(({ rules }) => policyRuleErrors(rules, true));
