import { defineTexts, type Lang } from './i18n'
import type { Gateway } from './objects/gateways'
import { when } from './time'

/** Gateways that cannot be reached, as a board and the timeline tell them; not the terminals', whose first view stays light. */

export const gatewayTexts = defineTexts({
  zh: {
    sms: (name: string) => `短信网关 ${name}`,
    mqtt: (name: string) => `大喇叭服务器 ${name}`,
    email: (name: string) => `邮件服务器 ${name}`,
    voice: (name: string) => `电话网关 ${name}`,
    other: (name: string) => `网关 ${name}`,
    away: (what: string, since: string) => `${what} 连不上，自 ${since}`,
    by: (workers: string) => `（${workers}）`,
    back: (what: string, since: string) => `${what} 又连上了，自 ${since} 断开`,
    dropped: (what: string) => `不再使用 ${what}`,
    comma: '、',
  },
  en: {
    sms: (name) => `SMS gateway ${name}`,
    mqtt: (name) => `loudspeakers' server ${name}`,
    email: (name) => `mail server ${name}`,
    voice: (name) => `telephone gateway ${name}`,
    other: (name) => `gateway ${name}`,
    away: (what, since) => `${what} not connected since ${since}`,
    by: (workers) => ` (${workers})`,
    back: (what, since) => `${what} connected again, was away since ${since}`,
    dropped: (what) => `${what} is no longer used`,
    comma: ', ',
  },
})

const KINDS = ['sms', 'mqtt', 'email', 'voice'] as const

export function gatewayName(one: Gateway, lang: Lang): string {
  return gatewayTexts[lang][KINDS.find((kind) => kind === one.channel) ?? 'other'](one.name)
}

/** 短信网关 county@10.0.0.8:2775 连不上，自 03:12 */
export const gatewayAway = (one: Gateway, now: number, lang: Lang): string =>
  gatewayTexts[lang].away(gatewayName(one, lang), when(one.away_since ?? now, now, lang))

/** What an entry tells of it, and by whose word. */
export function gatewaySentence(one: Gateway, now: number, lang: Lang): string {
  const t = gatewayTexts[lang]
  const said = one.on_board ? gatewayAway(one, now, lang) : t.back(gatewayName(one, lang), when(one.away_since ?? now, now, lang))
  return one.workers.length > 0 ? said + t.by(one.workers.join(t.comma)) : said
}
