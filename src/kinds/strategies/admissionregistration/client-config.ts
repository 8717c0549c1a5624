import { required, type FieldError, type Path } from '../../../meta/field.ts';
import { validateWebhookService, validateWebhookUrl, type WebhookService } from '../../validation/webhooks.ts';

export interface ClientConfig {
  url?: string;
  service?: WebhookService;
  caBundle?: string;
}

/** Where a webhook is: a URL or a service of the cluster. */
export function clientConfigErrors({ url, service }: ClientConfig, at: Path): FieldError[] {
  if ((url === undefined) === (service === undefined))
    return [required(at, 'exactly one of url or service is required')];
  return url !== undefined
    ? validateWebhookUrl(url, at.child('url'))
    : validateWebhookService(service!, at.child('service'));
}
