import type { WebhookClientConfig } from '../../../../schema/types.ts';
import { required, type FieldError, type Path } from '../../../meta/field.ts';
import type { Parts } from '../../../meta/object.ts';
import { validateWebhookService, validateWebhookUrl } from '../../validation/webhooks.ts';

/** Where a webhook is: a URL or a service of the cluster. */
export function clientConfigErrors({ url, service }: Parts<WebhookClientConfig>, at: Path): FieldError[] {
  if ((url === undefined) === (service === undefined))
    return [required(at, 'exactly one of url or service is required')];
  return url !== undefined
    ? validateWebhookUrl(url, at.child('url'))
    : validateWebhookService(service!, at.child('service'));
}
