import { forbiddenRequest } from '../../../meta/status.ts';
import { resourceOf } from '../../target.ts';
import { nameOf } from '../matching/attributes.ts';
import { matchedAs, type Matched } from '../matching/rules.ts';
import { selectorsMatch } from '../matching/selectors.ts';
import type { AdmissionRequest } from '../plugin.ts';
import { isAbout } from '../policies/evaluate.ts';
import { celVariables } from '../policies/variables.ts';
import type { Views } from '../view.ts';
import type { Webhook } from './configured.ts';

/**
 * As what a webhook wants to be asked about a request; undefined where it does not. Throws 403 where a condition of a
 * webhook that must not fail does, 404 without the namespace that it looks at. Source: ShouldCallHook of apiserver.
 */
export async function matchedBy(
  webhook: Webhook,
  request: AdmissionRequest,
  views: Views,
  mutating: boolean,
): Promise<Matched | undefined> {
  const matched = matchedAs(webhook.rules, request, webhook.matchPolicy !== 'Exact');
  if (!matched) return undefined;
  const selected = selectorsMatch(webhook, request);
  if (selected === false) return undefined;
  if (selected !== true) throw selected;
  if (!webhook.matchConditions?.length) return matched;
  return (await conditionsMatch(webhook, request, matched, views, mutating)) ? matched : undefined;
}

async function conditionsMatch(
  webhook: Webhook,
  request: AdmissionRequest,
  matched: Matched,
  views: Views,
  mutating: boolean,
): Promise<boolean> {
  const { webhooks: metrics, operation } = request;
  const variables = celVariables(request, matched, await views.of(matched), undefined);
  const labels = [webhook.name, 'webhook', mutating ? 'admit' : 'validating', operation] as const;
  const began = performance.now();
  const about = await isAbout(webhook.matchConditions, variables, {
    failed: () => metrics.conditionErrors.of(...labels).add(),
  });
  metrics.conditionDuration.of(...labels).observe((performance.now() - began) / 1000);
  if (about instanceof Error && webhook.failurePolicy !== 'Ignore')
    throw forbiddenRequest(resourceOf(request.target.kind), nameOf(request), about.message);
  if (about === true) return true;
  metrics.conditionExclusions.of(webhook.name, 'webhook', mutating ? 'admit' : 'validate', operation).add();
  return false;
}
