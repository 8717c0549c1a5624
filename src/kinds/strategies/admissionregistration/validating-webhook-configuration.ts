import { webhookStrategy } from './webhooks.ts';

export const validatingWebhookStrategy = webhookStrategy(false);
