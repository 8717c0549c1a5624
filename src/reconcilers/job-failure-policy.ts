import type { Job, Pod } from '../../schema/types.ts';

type FailureAction = 'FailJob' | 'FailIndex' | 'Ignore' | 'Count';

/** What the job's pod failure policy says of a failed pod (KEP-3329): the first rule that matches, `Count` without one. */
export function failureAction(job: Job, pod: Pod): { action: FailureAction; message: string } {
  const rules = job.spec?.podFailurePolicy?.rules ?? [];
  for (const [i, rule] of rules.entries()) {
    const { action } = rule;
    const where = `for pod ${pod.metadata.namespace}/${pod.metadata.name}`;
    if (rule.onExitCodes) {
      const hit = exitCodeHit(rule.onExitCodes, pod);
      if (hit) {
        return {
          action,
          message: `Container ${hit.name} ${where} failed with exit code ${hit.code} matching ${action} rule at index ${i}`,
        };
      }
    }
    const condition = (rule.onPodConditions ?? []).find(({ type, status }) =>
      pod.status?.conditions?.some((found) => found.type === type && found.status === (status ?? 'True')),
    );
    if (condition) {
      return {
        action,
        message: `Pod ${pod.metadata.namespace}/${pod.metadata.name} has condition ${condition.type} matching ${action} rule at index ${i}`,
      };
    }
  }
  return { action: 'Count', message: '' };
}

type ExitCodes = NonNullable<NonNullable<NonNullable<Job['spec']>['podFailurePolicy']>['rules'][0]['onExitCodes']>;

function exitCodeHit(
  { containerName, operator, values }: ExitCodes,
  pod: Pod,
): { name: string; code: number } | undefined {
  for (const { name, state } of [
    ...(pod.status?.containerStatuses ?? []),
    ...(pod.status?.initContainerStatuses ?? []),
  ]) {
    const code = state?.terminated?.exitCode;
    if (code === undefined || code === 0 || (containerName && containerName !== name)) continue;
    if (values.includes(code) === (operator === 'In')) return { name, code };
  }
  return undefined;
}
