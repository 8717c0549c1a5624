import type { Pod, PodStatus } from '../../../schema/types.ts';
import { formatTime } from '../../meta/time.ts';
import { qosClass } from '../../rules/qos-class.ts';
import type { Rejection } from './admission.ts';

/** What the kubelet says of a pod that it does not take: it failed, for good. */
export function rejectedStatus(
  { metadata, spec, status }: Pod,
  { reason, message }: Rejection,
  now: number,
): PodStatus {
  const { generation } = metadata;
  return {
    ...(generation !== undefined && { observedGeneration: generation }),
    phase: 'Failed',
    reason,
    message: `Pod was rejected: ${message}`,
    startTime: status?.startTime ?? formatTime(now),
    qosClass: status?.qosClass ?? qosClass(spec),
  };
}
