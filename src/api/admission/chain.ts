import type { Kind } from '../../kinds/kind.ts';
import type { Target } from '../contract.ts';
import type { AdmissionChain, AdmissionOperation, AdmissionPlugin, AdmissionRequest } from './plugin.ts';

interface Steps {
  admit: readonly AdmissionPlugin[];
  validate: readonly AdmissionPlugin[];
}

/** Runs plugins in their order: all that change, then (after defaults and validation) all that refuse. */
export function createChain(plugins: readonly AdmissionPlugin[]): AdmissionChain {
  // of a kind as many as it has subresources, each with its operations; custom kinds come and go
  const known = new WeakMap<Kind, Map<string, Steps>>();
  const stepsOf = (target: Target, operation: AdmissionOperation): Steps => {
    const { kind, subresource } = target;
    let ofKind = known.get(kind);
    if (!ofKind) known.set(kind, (ofKind = new Map<string, Steps>()));
    const key = subresource ? `${operation} ${subresource}` : operation;
    let steps = ofKind.get(key);
    if (!steps) {
      const handling = plugins.filter((p) => p.handles(target, operation));
      steps = { admit: handling.filter((p) => p.admit), validate: handling.filter((p) => p.validate) };
      ofKind.set(key, steps);
    }
    return steps;
  };
  const admit = async (request: AdmissionRequest): Promise<void> => {
    for (const plugin of stepsOf(request.target, request.operation).admit) {
      // most answer at once, and a turn of the microtasks for each would be a good part of a small create
      const pending = plugin.admit!(request);
      if (pending) await pending;
    }
    const { reinvocation } = request;
    if (!reinvocation?.needed || reinvocation.begun) return;
    // all once more: each knows by itself whom it has to ask again. Source: apiserver's admission/reinvocation.go
    reinvocation.begun = true;
    await admit(request);
  };
  return {
    admit,
    async validate(request: AdmissionRequest) {
      for (const plugin of stepsOf(request.target, request.operation).validate) {
        const pending = plugin.validate!(request);
        if (pending) await pending;
      }
    },
  };
}
