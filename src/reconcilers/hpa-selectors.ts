import type { HorizontalPodAutoscaler } from '../../schema/types.ts';
import type { Context } from '../control/contract.ts';
import { errorMessage } from '../meta/error-message.ts';
import { parseLabelSelector, type Selector } from '../meta/labels.ts';

/** Why an autoscaler's target cannot be measured. */
export interface SelectorFault {
  /** of the event, and of the condition */
  event: string;
  reason: string;
  /** of the event, and of the condition */
  told: string;
  message: string;
}

/**
 * The selectors of all autoscalers' targets: two that select the same pods would work against each other. Source:
 * validateAndParseSelector of kube-controller-manager.
 */
export class Selectors {
  /** by namespace, then by name: as many as there are autoscalers */
  private readonly known = new Map<string, Map<string, Selector>>();

  forget(namespace: string, name: string): void {
    const own = this.known.get(namespace);
    own?.delete(name);
    if (own?.size === 0) this.known.delete(namespace);
  }

  /** Notes the selector of an autoscaler's target. Undefined where nothing is wrong with it. */
  check({ metadata }: HorizontalPodAutoscaler, text: string, ctx: Context): SelectorFault | undefined {
    const { name, namespace = '' } = metadata;
    if (text === '') {
      const message = "the HPA target's scale is missing a selector";
      return { event: 'SelectorRequired', reason: 'InvalidSelector', told: 'selector is required', message };
    }
    let selector: Selector;
    try {
      selector = parseLabelSelector(text);
    } catch (error) {
      const why = `couldn't convert selector into a corresponding internal selector object: ${errorMessage(error)}`;
      return fault('InvalidSelector', why);
    }
    const all = this.known.get(namespace) ?? new Map<string, Selector>();
    this.known.set(namespace, all.set(name, selector));
    if (all.size === 1) return undefined;
    const pods = ctx
      .informer('pods')
      .list(namespace)
      .filter((pod) => selector.matches(pod.metadata.labels));
    const others = [...all].filter(([, each]) => pods.some((pod) => each.matches(pod.metadata.labels)));
    if (others.length < 2) return undefined;
    const names = others.map(([each]) => `{${each} ${namespace}}`).sort();
    const why = `pods by selector ${text} are controlled by multiple HPAs: [${names.join(' ')}]`;
    return fault('AmbiguousSelector', why);
  }
}

const fault = (reason: string, message: string): SelectorFault => ({ event: reason, reason, told: message, message });
