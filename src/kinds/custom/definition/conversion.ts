import { forbidden, invalid, notSupported, required, type FieldError, type Path } from '../../../meta/field.ts';
import { isDns1035Label } from '../../../meta/names.ts';
import { validateWebhookService, validateWebhookUrl } from '../../validation/webhooks.ts';
import { bundleProblem } from './ca-bundle.ts';
import type { Conversion } from './spec.ts';

const STRATEGIES = ['None', 'Webhook'];
/** Versions of ConversionReview that the API server speaks. */
const REVIEWS = ['v1', 'v1beta1'];

function validateReviews(versions: readonly string[], at: Path): FieldError[] {
  if (versions.length === 0) return [required(at)];
  const errors: FieldError[] = [];
  versions.forEach((version, i) => {
    if (versions.indexOf(version) < i) errors.push(invalid(at.index(i), version, 'duplicate version'));
    else errors.push(...isDns1035Label(version).map((why) => invalid(at.index(i), version, why)));
  });
  if (!versions.some((v) => REVIEWS.includes(v)))
    errors.push(invalid(at, versions, `must include at least one of ${REVIEWS.join(', ')}`));
  return errors;
}

/**
 * spec.conversion; errors speak of the fields as they were before there was `webhook`.
 * @param anyBundle a bad bundle of certificates is let through: what it belongs to is not established before it is good
 */
export function validateConversion(conversion: Conversion | undefined, anyBundle: boolean, at: Path): FieldError[] {
  if (!conversion) return [];
  const { strategy, webhook } = conversion;
  const client = webhook?.clientConfig;
  const reviews = webhook?.conversionReviewVersions ?? [];
  const configAt = at.child('webhookClientConfig');
  const errors: FieldError[] = [];
  if (!strategy) errors.push(required(at.child('strategy')));
  else if (!STRATEGIES.includes(strategy)) errors.push(notSupported(at.child('strategy'), strategy, STRATEGIES));
  if (strategy !== 'Webhook') {
    const why = 'should not be set when strategy is not set to Webhook';
    if (client) errors.push(forbidden(configAt, why));
    if (reviews.length) errors.push(forbidden(at.child('conversionReviewVersions'), why));
    return errors;
  }
  if (!client) errors.push(required(configAt, 'required when strategy is set to Webhook'));
  else {
    if ((client.url === undefined) === (client.service === undefined))
      errors.push(required(configAt, 'exactly one of url or service is required'));
    else if (client.url !== undefined) errors.push(...validateWebhookUrl(client.url, configAt.child('url')));
    else errors.push(...validateWebhookService(client.service!, configAt.child('service')));
    const problem = anyBundle ? undefined : bundleProblem(client.caBundle);
    if (problem) errors.push(invalid(configAt.child('caBundle'), client.caBundle, problem));
  }
  return [...errors, ...validateReviews(reviews, at.child('conversionReviewVersions'))];
}
