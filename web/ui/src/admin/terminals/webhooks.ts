/** The services whose message and signature the server knows (`alerts/data/webhooks.json`). */
export const FORMS = ['wecom', 'dingtalk', 'feishu', 'standard'] as const

/** What may be shown of a webhook. */
export interface WebhookState {
  form: (typeof FORMS)[number]
  host: string
  signed: boolean
}
