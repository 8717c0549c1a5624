import type { MutatingWebhook, Resources, ValidatingWebhook } from '../../../../schema/types.ts';
import type { Store } from '../../../store/contract.ts';
import { objectAs } from '../../object-as.ts';

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
