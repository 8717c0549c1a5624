import type { Check } from './admission.ts';

const OS = 'kubernetes.io/os';

/** Pods for another operating system: by their label, which the kubelet reads as a selector, or by `spec.os`. */
export const operatingSystem: Check = ({ pod }) => {
  const label = pod.metadata.labels?.[OS];
  if (label !== undefined && label !== 'linux') {
    return {
      reason: 'PodOSSelectorNodeLabelDoesNotMatch',
      message: "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label",
    };
  }
  if (pod.spec?.os && pod.spec.os.name !== 'linux')
    return { reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS" };
  return undefined;
};
