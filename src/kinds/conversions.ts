import { eventsV1 } from './conversions/events.ts';
import { horizontalPodAutoscalersV1 } from './conversions/horizontal-pod-autoscaler.ts';
import type { Conversion } from './kind.ts';

/** `group/version/resource` that is stored as another one. */
export const storageVersions: Readonly<Record<string, string>> = {
  'autoscaling/v1/horizontalpodautoscalers': 'autoscaling/v2/horizontalpodautoscalers',
  'events.k8s.io/v1/events': '/v1/events',
};

export const conversions: Readonly<Record<string, Conversion>> = {
  'autoscaling/v1/horizontalpodautoscalers': horizontalPodAutoscalersV1,
  'events.k8s.io/v1/events': eventsV1,
};
