import { formatTime } from '../meta/time.ts';

/** Type of Secrets that hold a token of a service account, and their annotations that say whose. */
export const TOKEN_SECRET = 'kubernetes.io/service-account-token';
export const SERVICE_ACCOUNT_NAME = 'kubernetes.io/service-account.name';
export const SERVICE_ACCOUNT_UID = 'kubernetes.io/service-account.uid';

/** Labels of a Secret of type kubernetes.io/service-account-token: days (`2026-01-02`, UTC). Source: KEP-2799. */
export const LAST_USED = 'kubernetes.io/legacy-token-last-used';
/** Its token is refused as long as the label is there. */
export const INVALID_SINCE = 'kubernetes.io/legacy-token-invalid-since';

/** The ConfigMap that says, under `since`, from which day on the use of such tokens is written down. */
export const TRACKING = {
  namespace: 'kube-system',
  name: 'kube-apiserver-legacy-service-account-token-tracking',
  since: 'since',
} as const;

const DAY = /^\d{4}-\d\d-\d\d$/;

/** The day in UTC of a moment, ms since the epoch. */
export const dayOf = (ms: number): string => formatTime(ms).slice(0, 10);

/** Whether a text is a day of the calendar, as Go's time.Parse takes it. */
export function isDay(text: string | undefined): text is string {
  if (text === undefined || !DAY.test(text)) return false;
  const ms = Date.parse(text);
  // 31 February would be the 3rd of March
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}
