import type { Target } from '../contract.ts';
import type { AdmissionChain, AdmissionOperation, AdmissionPlugin, AdmissionRequest } from './plugin.ts';

interface Steps {
  admit: readonly AdmissionPlugin[];
  validate: readonly AdmissionPlugin[];
}

/** Runs plugins in their order: all that change, then (after defaults and validation) all that refuse. */
export function createChain(plugins: readonly AdmissionPlugin[]): AdmissionChain {
  // as many entries as there are resources, subresources and operations
  const steps = new Map<string, Steps>();
  const stepsOf = (target: Target, operation: AdmissionOperation): Steps => {
    const key = `${operation} ${target.kind.group}/${target.kind.version}/${target.kind.resource}/${target.subresource}`;
    let found = steps.get(key);
    if (!found) {
      const handling = plugins.filter((p) => p.handles(target, operation));
      found = { admit: handling.filter((p) => p.admit), validate: handling.filter((p) => p.validate) };
      // custom resources come and go
      if (steps.size > 10_000) steps.clear();
      steps.set(key, found);
    }
    return found;
  };
  const admitOnce = async (request: AdmissionRequest): Promise<void> => {
    for (const plugin of stepsOf(request.target, request.operation).admit) {
      // most answer at once, and a turn of the microtasks for each would be a good part of a small create
      const pending = plugin.admit!(request);
      if (pending) await pending;
    }
  };
  return {
    async admit(request: AdmissionRequest) {
      await admitOnce(request);
      const { reinvocation } = request;
      if (!reinvocation?.needed) return;
      // all once more: each knows by itself whom it has to ask again. Source: apiserver's admission/reinvocation.go
      reinvocation.begun = true;
      await admitOnce(request);
    },
    async validate(request: AdmissionRequest) {
      for (const plugin of stepsOf(request.target, request.operation).validate) {
        const pending = plugin.validate!(request);
        if (pending) await pending;
      }
    },
  };
}
