import { webhookStrategy } from './webhooks.ts';

export const mutatingWebhookStrategy = webhookStrategy(true);
