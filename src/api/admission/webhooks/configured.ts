import type { MutatingWebhook, Resources, ValidatingWebhook } from '../../../../schema/types.ts';
import { forbiddenRequest } from '../../../meta/status.ts';
import type { Store } from '../../../store/contract.ts';
import { isAbout } from '../policies/evaluate.ts';
import { ruleMatches, selectorsMatch } from '../policies/matching.ts';
import { celVariables } from '../policies/variables.ts';
import { objectAs } from '../../object-as.ts';
import { resourceOf } from '../../target.ts';
import { requestName, type AdmissionRequest } from '../plugin.ts';

/** Of either kind of configuration; reinvocationPolicy is of mutating ones alone. */
export type Webhook = ValidatingWebhook & Pick<MutatingWebhook, 'reinvocationPolicy'>;
type Configurations = Extract<keyof Resources, `${string}webhookconfigurations.${string}`>;

/** A webhook, and the name of the configuration that it is in. */
export interface Configured {
  configuration: string;
  webhook: Webhook;
}

/** All webhooks of a kind of configuration, by the names of the configurations. */
export const webhooksOf = (store: Store, resource: Configurations): Configured[] =>
  store.count({ resource }) === 0
    ? []
    : store
        .list({ resource })
        .items.flatMap((c) =>
          (objectAs(resource, c).webhooks ?? []).map((webhook) => ({ configuration: c.name, webhook })),
        );

/** Whether a webhook wants to be asked. Throws 403 where a condition of a webhook that must not fail does. */
export async function isAsked(webhook: Webhook, request: AdmissionRequest): Promise<boolean> {
  const equivalent = webhook.matchPolicy !== 'Exact';
  if (!webhook.rules?.some((rule) => ruleMatches(rule, request, equivalent)) || !selectorsMatch(webhook, request))
    return false;
  if (!webhook.matchConditions?.length) return true;
  const about = await isAbout(webhook.matchConditions, celVariables(request, undefined));
  if (typeof about === 'boolean') return about;
  if (webhook.failurePolicy === 'Ignore') return false;
  throw forbiddenRequest(resourceOf(request.target.kind), requestName(request), about.message);
}
